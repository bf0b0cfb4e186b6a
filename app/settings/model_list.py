"""The installed models of one kind: what each is, which is used, and whether its files are whole."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.kit.button import Button
from app.kit.design import XS, L, M, S
from app.kit.label import Label, Picture, paragraph
from app.kit.layout import at_top, clear, column, line, row, wide
from app.kit.text import Translated, tr, tr_message
from app.settings.packs_model import PackCheck, PacksModel, size_text
from rag_core.host.events import PackInfo

_ICON_PX = 16


class ModelList(Translated, QFrame):
    """Models of one role. `pack_chosen` (pack id), `check_requested` (pack id)."""

    pack_chosen = Signal(str)
    check_requested = Signal(str)

    def __init__(self, packs: PacksModel, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._packs = packs
        self._role = role
        self.setProperty("kind", "card")
        self._column = column(gap=M, margins=(L, M, L, M), on=self)
        packs.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        focused = self.focusWidget()
        place = (focused.property("pack"), focused.property("does")) if focused is not None else None
        clear(self._column)
        found = self._packs.of_role(self._role)
        for number, pack in enumerate(found):
            if number:
                self._column.addWidget(line())
            shown = _ModelRow(pack, self._packs.checks.get(pack.pack_id))
            shown.pack_chosen.connect(self.pack_chosen)
            shown.check_requested.connect(self.check_requested)
            self._column.addWidget(shown)
            shown.take_focus(place)
        if not found:
            nothing = tr("None is installed.") if self._packs.is_loaded else tr("Loading…")
            self._column.addWidget(paragraph(nothing))


class _ModelRow(QWidget):
    pack_chosen = Signal(str)
    check_requested = Signal(str)

    def __init__(self, pack: PackInfo, check: PackCheck | None) -> None:
        super().__init__()
        self._id = pack.pack_id
        licence = pack.licence or tr("licence not named")
        facts = tr(" · ").join((size_text(pack.size_bytes), licence, tr("version {version}", version=pack.version)))
        words = column(_title_line(pack), paragraph(facts, "small"), gap=XS)
        if pack.problem:
            words.addLayout(_said(tr_message(pack.problem), "warning"))
        elif check is not None and not check.is_running:
            said = tr("Every file is as it should be.") if check.is_good else check.text
            words.addLayout(_said(said, "success" if check.is_good else "error"))
        self._buttons: list[Button] = []
        is_running = check is not None and check.is_running
        verify = self._button("verify", tr("Checking…") if is_running else tr("Check the files"), pack.title)
        verify.setEnabled(not is_running)
        verify.clicked.connect(lambda: self.check_requested.emit(self._id))
        if not pack.in_use and not pack.problem:
            use = self._button("use", tr("Use this one"), pack.title)
            use.clicked.connect(lambda: self.pack_chosen.emit(self._id))
        row(wide(words), *map(at_top, self._buttons), gap=S, on=self)

    def take_focus(self, place: tuple[object, object] | None) -> None:
        """The same button as before the list was built anew."""
        for button in self._buttons:
            if place == (button.property("pack"), button.property("does")):
                button.setFocus()

    def _button(self, does: str, text: str, title: str) -> Button:
        button = Button(text)
        button.setProperty("pack", self._id)
        button.setProperty("does", does)
        button.setAccessibleName(f"{text}: {title}")
        self._buttons.append(button)
        return button


def _title_line(pack: PackInfo) -> QHBoxLayout:
    title = paragraph(pack.title or pack.pack_id, "strong")
    title.setToolTip(pack.folder)
    in_use = [at_top(Label(tr("In use"), "badge"))] if pack.in_use else []
    return row(wide(title), *in_use, gap=S)


def _said(text: str, kind: str) -> QHBoxLayout:
    """A result with its mark."""
    name, tone = {
        "success": ("check-circle", "success"),
        "warning": ("warning", "warning"),
        "error": ("warning", "danger"),
    }[kind]
    return row(at_top(Picture(name, _ICON_PX, tone)), wide(paragraph(text, kind)), gap=XS)
