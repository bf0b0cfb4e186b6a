"""The proof that nothing leaves the machine: facts that were measured just now, each in plain words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.kit.design import XL, XS, L, M, S, colours
from app.kit.resources import icon
from app.kit.text import Translated, tr
from app.status.silence_state import Fact, SilenceModel, Verdict

_ICON_PX = 20
_SIZE = QSize(600, 620)


class OfflineDialog(Translated, QDialog):
    """Measures each time it is shown (`check_requested`)."""

    check_requested = Signal()

    def __init__(self, silence: SilenceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._silence = silence
        self._summary_icon, self._summary = QLabel(), _wrapped("heading")
        self._when = _wrapped("muted")
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._facts = QVBoxLayout()
        self._facts.setSpacing(S)
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._exception_title, self._exception = _wrapped("strong"), _wrapped("")
        self._copy, self._again, self._close = QPushButton(), QPushButton(), QPushButton()
        self._close.setProperty("kind", "primary")
        self._close.setDefault(True)
        self._lay_out()
        self._close.setFocus()
        self._copy.clicked.connect(self._copy_report)
        self._again.clicked.connect(self.check_requested)
        self._close.clicked.connect(self.accept)
        silence.changed.connect(self.retranslate)
        self.resize(_SIZE)
        self.retranslate()

    def retranslate(self) -> None:
        silence = self._silence
        self.setWindowTitle(tr("Offline: the proof"))
        self._summary.setText(self._summary_text())
        when = silence.checked_at.strftime("%Y-%m-%d %H:%M:%S") if silence.checked_at else ""
        self._when.setText(tr("Checked on {when}", when=when) if when and not silence.is_checking else "")
        self._exception_title.setText(tr("The one exception"))
        self._exception.setText(
            tr(
                "Models that are missing can be prepared once, when you ask for it. Only that step downloads anything, "
                "and nothing about you or your documents goes with it. A model that you have in a folder can be "
                "imported without any network."
            )
        )
        self._copy.setText(tr("Copy report"))
        self._again.setText(tr("Check again"))
        self._close.setText(tr("Close"))
        self._again.setEnabled(not silence.is_checking)
        self._copy.setEnabled(not silence.is_checking and silence.checked_at is not None)
        self._busy.setVisible(silence.is_checking)
        self._busy.setAccessibleName(tr("Checking…"))
        self._show_summary_icon()
        self._show_facts()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if not event.spontaneous():
            self.check_requested.emit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.retranslate()

    def _summary_text(self) -> str:
        if self._silence.is_checking or self._silence.checked_at is None:
            return tr("Looking at what the system says…")
        if self._silence.is_proven():
            return tr("Nothing leaves this computer.")
        if self._silence.engine is None:
            return tr("The engine could not be asked.")
        return tr("Something here is not as it should be.")

    def _show_summary_icon(self) -> None:
        silence = self._silence
        is_known = not silence.is_checking and silence.checked_at is not None
        is_bad = is_known and not silence.is_proven()
        colour = colours().warning if is_bad else colours().accent
        self._summary_icon.setPixmap(icon("warning" if is_bad else "shield", colour).pixmap(QSize(32, 32)))

    def _show_facts(self) -> None:
        while item := self._facts.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        engine, window = self._silence.engine_facts(), self._silence.window_facts()
        if self._silence.is_checking:
            return
        for title, facts in ((tr("The engine, which reads and answers"), engine), (tr("The window"), window)):
            if facts:
                self._facts.addWidget(_FactGroup(title, facts))

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self._silence.report())
        self._copy.setText(tr("Copied"))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(M)
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(self._summary)
        words.addWidget(self._when)
        head.addWidget(self._summary_icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        soft = QFrame()
        soft.setProperty("kind", "soft")
        inner = QVBoxLayout(soft)
        inner.setContentsMargins(L, M, L, M)
        inner.setSpacing(XS)
        inner.addWidget(self._exception_title)
        inner.addWidget(self._exception)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(L)
        column.addLayout(head)
        column.addWidget(self._busy)
        column.addLayout(self._facts)
        column.addWidget(soft)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(XL, M, XL, L)
        buttons.setSpacing(S)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._again)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        outer.addLayout(buttons)


class _FactGroup(QWidget):
    """Facts under a title, each with its mark."""

    def __init__(self, title: str, facts: list[Fact]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, S)
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(1, 1)
        heading = _wrapped("section")
        heading.setText(title)
        grid.addWidget(heading, 0, 0, 1, 2)
        for row, fact in enumerate(facts, 1):
            mark = QLabel()
            name, colour, said = _mark(fact.verdict)
            mark.setPixmap(icon(name, colour).pixmap(QSize(_ICON_PX, _ICON_PX)))
            mark.setAccessibleName(said)
            words = _wrapped("")
            words.setText(fact.text)
            words.setAccessibleName(f"{said}: {fact.text}")
            grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            if not fact.detail:
                grid.addWidget(words, row, 1)
                continue
            both = QVBoxLayout()
            both.setSpacing(0)
            detail = _wrapped("small")
            detail.setText(fact.detail)
            both.addWidget(words)
            both.addWidget(detail)
            grid.addLayout(both, row, 1)


def _mark(verdict: Verdict) -> tuple[str, str, str]:
    """Icon, its colour, and what it says to somebody who does not see it."""
    if verdict == "yes":
        return "check-circle", colours().success, tr("As it should be")
    if verdict == "no":
        return "warning", colours().danger, tr("Not as it should be")
    return "help", colours().muted, tr("Not known")


def _wrapped(kind: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if kind:
        label.setProperty("kind", kind)
    return label
