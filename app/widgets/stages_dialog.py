"""Which part of the machine does what: one row per stage, from a real run of each."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.design import XL, L, M, S, colours
from app.resources import icon
from app.text import Translated, tr, tr_engine
from app.viewmodels.stages import StagesModel, is_elsewhere, place_name, reason_text, stage_name
from rag_core.host.events import StageCheck

_ICON_PX = 16
_COLUMNS = 4
_SIZE, _SMALLEST = QSize(640, 400), QSize(520, 300)


class StagesDialog(Translated, QDialog):
    """`check_requested` asks for a new run of every stage."""

    check_requested = Signal()

    def __init__(self, stages: StagesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stages = stages
        self._intro, self._state = _label("muted", wrap=True), _label("muted", wrap=True)
        self._body = QVBoxLayout()
        self._table: QWidget | None = None
        self._again, self._close = QPushButton(), QPushButton()
        self._close.setProperty("kind", "primary")
        self._close.setDefault(True)
        self._again.clicked.connect(self.check_requested)
        self._close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addWidget(self._again)
        buttons.addWidget(self._state, 1)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(L)
        column.addWidget(self._intro)
        column.addWidget(self._scrolled(), 1)
        column.addLayout(buttons)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)
        self._close.setFocus()
        stages.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Where the models run"))
        self._intro.setText(
            tr("Each step was run once on this computer. What you see is where it really ran, not what was planned.")
        )
        self._again.setText(tr("Check again"))
        self._again.setEnabled(not self._stages.is_checking)
        self._close.setText(tr("Close"))
        self._state.setText(tr("Checking…") if self._stages.is_checking else self._stages.problem)
        self._show_table()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.retranslate()

    def _scrolled(self) -> QScrollArea:
        """What a driver says can be long."""
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._body)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        return area

    def _show_table(self) -> None:
        if self._table is not None:
            self._table.hide()
            self._table.deleteLater()
        self._table = _Table(self._stages.checks) if self._stages.checks else None
        if self._table is not None:
            self._body.addWidget(self._table)


class _Table(QWidget):
    """Built anew for every change: it has two or three rows."""

    def __init__(self, checks: tuple[StageCheck, ...]) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(L)
        self._grid.setVerticalSpacing(S)
        self._grid.setColumnStretch(1, 1)
        for column, title in enumerate((tr("Step"), tr("Model"), tr("Ran on"), tr("Time"))):
            heading = _label("section")
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
        for column, text in enumerate(cells):
            cell = _label("strong" if column == 0 else "", wrap=column == 1)
            cell.setText(text)
            cell.setAccessibleName(", ".join(cells) if column == 0 else text)
            if column == 2 and check.device:
                cell.setToolTip(tr_engine(check.device))
            self._grid.addWidget(cell, self._row, column, Qt.AlignmentFlag.AlignTop)
        self._row += 1
        reason = reason_text(check)
        if reason:
            self._grid.addWidget(_reason_row(reason, is_elsewhere(check)), self._row, 0, 1, _COLUMNS)
            self._row += 1


def _reason_row(reason: str, is_warning: bool) -> QWidget:
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, S)
    line.setSpacing(S)
    mark, words = QLabel(), _label("warning" if is_warning else "muted", wrap=True)
    colour = colours().warning if is_warning else colours().muted
    mark.setPixmap(icon("warning" if is_warning else "info", colour).pixmap(QSize(_ICON_PX, _ICON_PX)))
    words.setText(reason)
    line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(words, 1)
    line.setContentsMargins(0, 0, M, S)
    return row


def _label(kind: str, wrap: bool = False) -> QLabel:
    label = QLabel()
    label.setWordWrap(wrap)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if kind:
        label.setProperty("kind", kind)
    return label
