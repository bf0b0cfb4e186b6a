"""One row per stage: its model, where it really ran, how long that took, and why it was not elsewhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.kit.design import L, M, S
from app.kit.label import Label, Picture, paragraph
from app.kit.layout import at_top, column, held, line, row, wide
from app.kit.text import tr
from app.status.stages_model import is_elsewhere, place_name, precision_name, reason_text, stage_name
from rag_core.host.events import StageCheck

_ICON_PX = 16
_COLUMNS = 4


class StagesTable(QWidget):
    """Built anew for every change: it has two or three rows."""

    def __init__(self, checks: tuple[StageCheck, ...]) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(L)
        self._grid.setVerticalSpacing(S)
        for position in (1, 2):
            self._grid.setColumnStretch(position, 1)
        for position, title in enumerate((tr("Step"), tr("Model"), tr("Ran on"), tr("Time"))):
            self._grid.addWidget(Label(title, "section", copied=True), 0, position)
        self._row = 1
        for check in checks:
            self._add_across(line())
            self._add(check)

    def _add_across(self, widget: QWidget) -> None:
        self._grid.addWidget(widget, self._row, 0, 1, _COLUMNS)
        self._row += 1

    def _add(self, check: StageCheck) -> None:
        took = tr("{milliseconds} ms", milliseconds=round(check.elapsed_ms)) if check.elapsed_ms else "–"
        cells = (stage_name(check.stage), check.model or "–", place_name(check), took)
        below = ("", precision_name(check), _device(check), "")
        for position, (text, small) in enumerate(zip(cells, below, strict=True)):
            name = tr(", ").join(cells) if position == 0 else text
            cell = _cell(text, small, name, position == 0)
            self._grid.addWidget(cell, self._row, position, Qt.AlignmentFlag.AlignTop)
        self._row += 1
        reason = reason_text(check)
        if reason:
            self._add_across(_reason_row(reason, is_elsewhere(check) or check.can_retry))


def _device(check: StageCheck) -> str:
    """What the system calls the device, and the provider that ran there, for those who look closely."""
    provider = check.provider.removesuffix("ExecutionProvider")
    is_own_name = check.device and not check.device.startswith("the ")  # else it is ours, and stands above
    return tr(" · ").join(part for part in (check.device if is_own_name else "", provider) if part)


def _cell(text: str, small: str, name: str, is_strong: bool) -> QWidget:
    lines = []
    for words, kind in ((text, "strong" if is_strong else ""), (small, "small")):
        if words:
            shown = Label(words, kind, wraps=not is_strong, copied=True)
            shown.setAccessibleName(name if words == text else words)
            lines.append(shown)
    return held(column(*lines, gap=0))


def _reason_row(reason: str, is_warning: bool) -> QWidget:
    look = ("warning", "warning") if is_warning else ("info", "muted")
    mark = Picture(look[0], _ICON_PX, look[1])
    return held(row(at_top(mark), wide(paragraph(reason, look[1])), gap=S, margins=(0, 0, M, S)))
