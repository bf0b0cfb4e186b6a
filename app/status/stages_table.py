"""One row per stage: its model, where it really ran, how long that took, and why it was not elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.kit.design import L, M, S, colours
from app.kit.resources import icon
from app.kit.text import tr
from app.status.stages_state import is_elsewhere, place_name, precision_name, reason_text, stage_name
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
        for column in (1, 2):
            self._grid.setColumnStretch(column, 1)
        for column, title in enumerate((tr("Step"), tr("Model"), tr("Ran on"), tr("Time"))):
            heading = label("section")
            heading.setText(title)
            self._grid.addWidget(heading, 0, column)
        self._row = 1
        for check in checks:
            self._add_line()
            self._add(check)

    def _add_line(self) -> None:
        line = QFrame()
        line.setProperty("kind", "line")
        self._grid.addWidget(line, self._row, 0, 1, _COLUMNS)
        self._row += 1

    def _add(self, check: StageCheck) -> None:
        took = tr("{milliseconds} ms", milliseconds=f"{check.elapsed_ms:,.0f}") if check.elapsed_ms else "–"
        cells = (stage_name(check.stage), check.model or "–", place_name(check), took)
        below = ("", precision_name(check), _device(check), "")
        for column, (text, small) in enumerate(zip(cells, below, strict=True)):
            name = ", ".join(cells) if column == 0 else text
            self._grid.addWidget(_cell(text, small, name, column == 0), self._row, column, Qt.AlignmentFlag.AlignTop)
        self._row += 1
        reason = reason_text(check)
        if reason:
            self._grid.addWidget(_reason_row(reason, is_elsewhere(check) or check.can_retry), self._row, 0, 1, _COLUMNS)
            self._row += 1


def _device(check: StageCheck) -> str:
    """What the system calls the device, and the provider that ran there, for those who look closely."""
    provider = check.provider.removesuffix("ExecutionProvider")
    is_own_name = check.device and not check.device.startswith("the ")  # else it is ours, and stands above
    return tr(" · ").join(part for part in (check.device if is_own_name else "", provider) if part)


def _cell(text: str, small: str, name: str, is_strong: bool) -> QWidget:
    cell = QWidget()
    column = QVBoxLayout(cell)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for words, kind in ((text, "strong" if is_strong else ""), (small, "small")):
        if words:
            line = label(kind, wrap=not is_strong)
            line.setText(words)
            line.setAccessibleName(name if words == text else words)
            column.addWidget(line)
    return cell


def _reason_row(reason: str, is_warning: bool) -> QWidget:
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, S)
    line.setSpacing(S)
    mark, words = QLabel(), label("warning" if is_warning else "muted", wrap=True)
    colour = colours().warning if is_warning else colours().muted
    mark.setPixmap(icon("warning" if is_warning else "info", colour).pixmap(QSize(_ICON_PX, _ICON_PX)))
    words.setText(reason)
    line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(words, 1)
    line.setContentsMargins(0, 0, M, S)
    return row


def label(kind: str, wrap: bool = False) -> QLabel:
    """Words that can be marked and copied."""
    made = QLabel()
    made.setWordWrap(wrap)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if kind:
        made.setProperty("kind", kind)
    return made
