"""The head of the source pane: which file, where in it, and the ways around in it."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QEvent, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QHelpEvent, QIntValidator
from PySide6.QtWidgets import QFrame, QLineEdit, QMenu, QToolButton, QToolTip, QWidget

from app.kit.button import IconButton
from app.kit.design import XS, L, M, S
from app.kit.elided_label import ElidedLabel
from app.kit.label import Label, Picture
from app.kit.layout import STRETCH, column, held, row, wide
from app.kit.text import Translated, number, tr
from app.source.source_model import SourceModel
from app.source.source_words import place_name

_FILE_ICON_PX = 24
_FIELD_PX = 52


class FileName(ElidedLabel):
    """The end of a name tells the kind of file, so the dots come in its middle. The tooltip is the whole path."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent, Qt.TextElideMode.ElideMiddle)
        self.path = ""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.path, self)
            return True
        return super().event(event)


class SourceHead(Translated, QFrame):
    """Follows `model`; says what the person asks for."""

    previous_target_requested = Signal()
    next_target_requested = Signal()
    page_requested = Signal(int)
    find_requested = Signal()
    open_requested = Signal()
    folder_requested = Signal()
    text_requested = Signal(bool)
    copy_requested = Signal()
    zoom_in_requested = Signal()
    zoom_out_requested = Signal()
    fit_requested = Signal()
    close_requested = Signal()

    def __init__(self, model: SourceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("kind", "head")
        self.picture = Picture("document", _FILE_ICON_PX, "muted")
        self.name, self.place = FileName(), ElidedLabel()
        self.name.setProperty("kind", "strong")
        self.place.setProperty("kind", "small")
        self.find_button = IconButton("search", tr("Find in this document"), self.find_requested, keys="Ctrl+F")
        self.open_button = IconButton("external", tr("Open in its program"), self.open_requested)
        self.more_button = IconButton("more", tr("More"))
        self.close_button = IconButton("close", tr("Close the source"), self.close_requested, keys="Esc")
        buttons = (self.find_button, self.open_button, self.more_button, self.close_button)
        words = column(self.name, self.place, gap=0)
        self._ways = self._build_ways()
        top = row(self.picture, XS, wide(words), *buttons, gap=XS)
        column(top, self._ways, gap=S, margins=(L, M, S, S), on=self)
        self._build_menu()
        for changed in (model.target_changed, model.pages_changed, model.place_changed):
            changed.connect(self.retranslate)
        self.retranslate()

    # Building

    def _build_ways(self) -> QWidget:
        self.count, self.page_count = Label(kind="muted"), Label(kind="muted")
        self.previous_target = IconButton(
            "arrow-left", tr("Previous source"), self.previous_target_requested, keys="Alt+Left"
        )
        self.next_target = IconButton("arrow-right", tr("Next source"), self.next_target_requested, keys="Alt+Right")
        self.previous_page = IconButton("chevron-left", tr("Previous page"), lambda: self._turn(-1), keys="Ctrl+PgUp")
        self.next_page = IconButton("chevron-right", tr("Next page"), lambda: self._turn(1), keys="Ctrl+PgDown")
        self.zoom_out = IconButton("zoom-out", tr("Smaller"), self.zoom_out_requested, keys="Ctrl+-")
        self.zoom_in = IconButton("zoom-in", tr("Larger"), self.zoom_in_requested, keys="Ctrl++")
        self.page_field = QLineEdit()
        self.page_field.setFixedWidth(_FIELD_PX)
        self.page_field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.say(self.page_field.setAccessibleName, tr("Page number"))
        self.say(self.page_field.setToolTip, tr("Type a page number and press Enter"))
        self.page_field.returnPressed.connect(self._ask_page)
        self.page_field.editingFinished.connect(self.retranslate)
        targets = (self.previous_target, self.count, self.next_target)
        pages = (self.previous_page, self.page_field, self.page_count, self.next_page)
        return held(row(*targets, STRETCH, *pages, XS, self.zoom_out, self.zoom_in, gap=XS))

    def _build_menu(self) -> None:
        menu = QMenu(self)
        self.open_action = self._action(menu, tr("Open in its program"), self.open_requested)
        self.folder_action = self._action(menu, tr("Show in its folder"), self.folder_requested)
        menu.addSeparator()
        self.copy_action = self._action(menu, tr("Copy the quoted words"), self.copy_requested)
        self.fit_action = self._action(menu, tr("Fit the width"), self.fit_requested)
        self.text_action = self._action(menu, tr("Show as text"), self.text_requested)
        self.text_action.setCheckable(True)
        self.more_button.setMenu(menu)
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _action(self, menu: QMenu, words: str, wish: SignalInstance) -> QAction:
        action = menu.addAction("")
        self.say(action.setText, words)
        action.triggered.connect(wish)
        return action

    def _turn(self, by: int) -> None:
        self.page_requested.emit(self._model.number + by)

    def _ask_page(self) -> None:
        if self.page_field.text().isdigit():
            self.page_requested.emit(int(self.page_field.text()))

    def retranslate(self) -> None:
        """Everything that the model tells."""
        model, target = self._model, self._model.target
        path = PurePath(target.path) if target else PurePath()
        self.name.set_whole_text(path.name)
        self.name.path = target.path if target else ""
        self.picture.show_icon(model.format.icon if target else "document", "muted")
        place = place_name(model)
        self.place.set_whole_text(" · ".join(words for words in (place, target.label if target else "") if words))
        several = len(model.targets) > 1
        for widget in (self.previous_target, self.count, self.next_target):
            widget.setVisible(several)
        self.count.setText(tr("{number} of {count}", number=model.index + 1, count=len(model.targets)))
        self._refresh_pages()
        self.copy_action.setEnabled(model.passage is not None)
        self.text_action.setVisible(model.has_pictures and model.kind != "sheet")
        self.text_action.setChecked(model.prefers_text)

    def _refresh_pages(self) -> None:
        model = self._model
        total = len(model.pages)
        drawn = model.kind == "pages"
        for widget in (self.page_field, self.page_count):
            widget.setVisible(total > 1)
        for button in (self.previous_page, self.next_page):
            button.setVisible(total > 1 and not drawn)
        for button in (self.zoom_in, self.zoom_out):
            button.setVisible(drawn)
        self.fit_action.setVisible(model.kind != "sheet")
        if total:
            self.page_field.setValidator(QIntValidator(1, model.pages[-1].number, self.page_field))
            self.previous_page.setEnabled(model.number > model.pages[0].number)
            self.next_page.setEnabled(model.number < model.pages[-1].number)
        self.page_count.setText(f"/ {number(total)}")
        if not (self.page_field.hasFocus() and self.page_field.isModified()):
            self.page_field.setText(str(model.number) if model.number else "")
        self._ways.setVisible(drawn or total > 1 or len(model.targets) > 1)
