"""The installed models of one kind: what each is, which is used, and whether its files are whole."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.kit.design import XS, L, M, S, colours
from app.kit.form import line, wrapped
from app.kit.resources import icon
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
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(L, M, L, M)
        self._column.setSpacing(M)
        packs.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        focused = self.focusWidget()
        place = (focused.property("pack"), focused.property("does")) if focused is not None else None
        while item := self._column.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        found = self._packs.of_role(self._role)
        for number, pack in enumerate(found):
            if number:
                self._column.addWidget(line())
            row = _ModelRow(pack, self._packs.checks.get(pack.pack_id))
            row.pack_chosen.connect(self.pack_chosen)
            row.check_requested.connect(self.check_requested)
            self._column.addWidget(row)
            row.take_focus(place)
        if not found:
            nothing = wrapped("muted")
            nothing.setText(tr("None is installed.") if self._packs.is_loaded else tr("Loading…"))
            self._column.addWidget(nothing)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.retranslate()


class _ModelRow(QWidget):
    pack_chosen = Signal(str)
    check_requested = Signal(str)

    def __init__(self, pack: PackInfo, check: PackCheck | None) -> None:
        super().__init__()
        self._id = pack.pack_id
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addLayout(_title_line(pack))
        facts = wrapped("small")
        licence = pack.licence or tr("licence not named")
        facts.setText(
            tr(" · ").join((size_text(pack.size_bytes), licence, tr("version {version}", version=pack.version)))
        )
        words.addWidget(facts)
        if pack.problem:
            words.addLayout(_said(tr_message(pack.problem), "warning"))
        elif check is not None and not check.is_running:
            said = tr("Every file is as it should be.") if check.is_good else check.text
            words.addLayout(_said(said, "success" if check.is_good else "error"))
        self._buttons: list[QPushButton] = []
        line_layout = QHBoxLayout(self)
        line_layout.setContentsMargins(0, 0, 0, 0)
        line_layout.setSpacing(S)
        line_layout.addLayout(words, 1)
        is_running = check is not None and check.is_running
        verify = self._button("verify", tr("Checking…") if is_running else tr("Check the files"), pack.title)
        verify.setEnabled(not is_running)
        verify.clicked.connect(lambda: self.check_requested.emit(self._id))
        if not pack.in_use and not pack.problem:
            use = self._button("use", tr("Use this one"), pack.title)
            use.clicked.connect(lambda: self.pack_chosen.emit(self._id))
        for button in self._buttons:
            line_layout.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def take_focus(self, place: tuple[object, object] | None) -> None:
        """The same button as before the list was built anew."""
        for button in self._buttons:
            if place == (button.property("pack"), button.property("does")):
                button.setFocus()

    def _button(self, does: str, text: str, title: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("pack", self._id)
        button.setProperty("does", does)
        button.setAccessibleName(f"{text}: {title}")
        self._buttons.append(button)
        return button


def _title_line(pack: PackInfo) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(S)
    title = wrapped("strong")
    title.setText(pack.title or pack.pack_id)
    title.setToolTip(pack.folder)
    row.addWidget(title, 1)
    if pack.in_use:
        badge = QLabel(tr("In use"))
        badge.setProperty("kind", "badge")
        row.addWidget(badge, 0, Qt.AlignmentFlag.AlignTop)
    return row


def _said(text: str, kind: str) -> QHBoxLayout:
    """A result with its mark."""
    tones = {
        "success": ("check-circle", colours().success),
        "warning": ("warning", colours().warning),
        "error": ("warning", colours().danger),
    }
    name, colour = tones[kind]
    row = QHBoxLayout()
    row.setSpacing(XS)
    mark, words = QLabel(), wrapped(kind)
    mark.setPixmap(icon(name, colour).pixmap(QSize(_ICON_PX, _ICON_PX)))
    words.setText(text)
    row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(words, 1)
    return row
