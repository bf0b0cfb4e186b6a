"""The proof that nothing leaves the machine: facts that were measured just now, each in plain words."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QProgressBar, QVBoxLayout, QWidget

from app.kit.button import Button
from app.kit.design import XL, XS, L, M, S
from app.kit.dialog import Dialog
from app.kit.label import Picture, paragraph
from app.kit.layout import STRETCH, at_top, clear, column, held, row, scrolled, wide
from app.kit.text import tr
from app.status.silence_model import Fact, SilenceModel, Verdict

_ICON_PX = 20
_SIZE = QSize(600, 620)


class OfflineDialog(Dialog):
    """Should measure each time it is `opened`, and when `check_again` is pressed."""

    def __init__(self, silence: SilenceModel, parent: QWidget | None = None) -> None:
        super().__init__(tr("Offline: the proof"), parent, _SIZE)
        self._silence = silence
        self._summary_icon, self._summary = Picture("shield", 32, "accent"), paragraph(kind="heading")
        self._when = paragraph()
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self.say(self._busy.setAccessibleName, tr("Checking…"))
        self._facts = QVBoxLayout()
        self._facts.setSpacing(S)
        exception = paragraph(
            tr(
                "Models that are missing can be prepared once, when you ask for it. Only that step downloads anything, "
                "and nothing about you or your documents goes with it. A model that you have in a folder can be "
                "imported without any network."
            ),
            "",
        )
        title = paragraph(tr("The one exception"), "strong")
        soft = held(column(title, exception, gap=XS, margins=(L, M, L, M)), "soft")
        self._copy = Button(tr("Copy report"), self._copy_report)
        self.check_again = Button(tr("Check again"))
        self._close = Button(tr("Close"), self.accept, "primary")
        self._close.setDefault(True)
        head = row(at_top(self._summary_icon), wide(column(self._summary, self._when, gap=XS)), gap=M)
        content = column(head, self._busy, self._facts, soft, STRETCH, gap=L, margins=(XL, XL, XL, L))
        buttons = row(self._copy, self.check_again, STRETCH, self._close, gap=S, margins=(XL, M, XL, L))
        column(wide(scrolled(held(content))), buttons, gap=0, on=self)
        self._close.setFocus()
        silence.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        silence = self._silence
        self._summary.setText(self._summary_text())
        when = silence.when
        is_known = bool(when) and not silence.is_checking
        self._when.setText(tr("Checked on {when}", when=when) if is_known else "")
        self._copy.setText(tr("Copy report"))
        self._copy.setEnabled(is_known)
        self.check_again.setEnabled(not silence.is_checking)
        self._busy.setVisible(silence.is_checking)
        is_bad = is_known and not silence.is_proven()
        self._summary_icon.show_icon("warning" if is_bad else "shield", "warning" if is_bad else "accent")
        self._show_facts()

    def _summary_text(self) -> str:
        if self._silence.is_checking or self._silence.checked_at is None:
            return tr("Looking at what the system says…")
        if self._silence.is_proven():
            return tr("Nothing leaves this computer.")
        if self._silence.engine is None:
            return tr("The engine could not be asked.")
        return tr("Something here is not as it should be.")

    def _show_facts(self) -> None:
        clear(self._facts)
        engine, window = self._silence.engine_facts(), self._silence.window_facts()
        if self._silence.is_checking:
            return
        for title, facts in ((tr("The engine, which reads and answers"), engine), (tr("The window"), window)):
            if facts:
                self._facts.addWidget(_FactGroup(title, facts))

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self._silence.report())
        self._copy.setText(tr("Copied"))


class _FactGroup(QWidget):
    """Facts under a title, each with its mark."""

    def __init__(self, title: str, facts: list[Fact]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, S)
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(1, 1)
        grid.addWidget(paragraph(title, "section"), 0, 0, 1, 2)
        for at, fact in enumerate(facts, 1):
            name, tone, said = _mark(fact.verdict)
            mark, words = Picture(name, _ICON_PX, tone), paragraph(fact.text, "")
            mark.setAccessibleName(said)
            words.setAccessibleName(f"{said}: {fact.text}")
            grid.addWidget(mark, at, 0, Qt.AlignmentFlag.AlignTop)
            detail = [paragraph(fact.detail, "small")] if fact.detail else []
            grid.addLayout(column(words, *detail, gap=0), at, 1)


def _mark(verdict: Verdict) -> tuple[str, str, str]:
    """Icon, its colour, and what it says to somebody who does not see it."""
    if verdict == "yes":
        return "check-circle", "success", tr("As it should be")
    if verdict == "no":
        return "warning", "danger", tr("Not as it should be")
    return "help", "muted", tr("Not known")
