"""The head of the source pane: which file, where in it, and the ways around in it."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QHelpEvent, QIntValidator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QToolButton, QToolTip, QVBoxLayout, QWidget

from app.kit.design import XS, L, M, S, colours
from app.kit.elided_label import ElidedLabel
from app.kit.icon_button import IconButton
from app.kit.resources import icon
from app.kit.text import Translated, tr
from app.source.source_model import SourceModel
from app.source.source_words import icon_name_of, place_name

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

    previous_target_asked = Signal()
    next_target_asked = Signal()
    page_asked = Signal(int)
    find_asked = Signal()
    open_asked = Signal()
    folder_asked = Signal()
    text_asked = Signal(bool)
    copy_asked = Signal()
    zoom_in_asked = Signal()
    zoom_out_asked = Signal()
    fit_asked = Signal()
    close_asked = Signal()

    def __init__(self, model: SourceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("kind", "head")
        self._build()
        self._connect()
        model.target_changed.connect(self.refresh)
        model.pages_changed.connect(self.refresh)
        model.place_changed.connect(self.refresh)
        self.retranslate()

    # Building

    def _build(self) -> None:
        self.picture = QLabel(self)
        self.name = FileName(self)
        self.name.setProperty("kind", "strong")
        self.place = ElidedLabel("", self)
        self.place.setProperty("kind", "small")
        self.find_button = IconButton("search", self)
        self.open_button = IconButton("external", self)
        self.more_button = IconButton("more", self)
        self.close_button = IconButton("close", self)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.name)
        words.addWidget(self.place)
        top = QHBoxLayout()
        top.setSpacing(XS)
        top.addWidget(self.picture)
        top.addSpacing(XS)
        top.addLayout(words, 1)
        for button in (self.find_button, self.open_button, self.more_button, self.close_button):
            top.addWidget(button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(L, M, S, S)
        rows.setSpacing(S)
        rows.addLayout(top)
        self._ways = self._build_ways()
        rows.addWidget(self._ways)
        self._build_menu()

    def _build_ways(self) -> QWidget:
        self.previous_target = IconButton("arrow-left", self)
        self.count = QLabel(self)
        self.next_target = IconButton("arrow-right", self)
        self.previous_page = IconButton("chevron-left", self)
        self.page_field = QLineEdit(self)
        self.page_field.setFixedWidth(_FIELD_PX)
        self.page_field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.page_count = QLabel(self)
        self.next_page = IconButton("chevron-right", self)
        self.zoom_out = IconButton("zoom-out", self)
        self.zoom_in = IconButton("zoom-in", self)
        for label in (self.count, self.page_count):
            label.setProperty("kind", "muted")
        ways = QWidget(self)
        row = QHBoxLayout(ways)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(XS)
        targets: tuple[QWidget, ...] = (self.previous_target, self.count, self.next_target)
        for widget in targets:
            row.addWidget(widget)
        row.addStretch(1)
        pages: tuple[QWidget, ...] = (self.previous_page, self.page_field, self.page_count, self.next_page)
        for widget in pages:
            row.addWidget(widget)
        row.addSpacing(XS)
        row.addWidget(self.zoom_out)
        row.addWidget(self.zoom_in)
        return ways

    def _build_menu(self) -> None:
        menu = QMenu(self)
        self.open_action = menu.addAction("")
        self.folder_action = menu.addAction("")
        menu.addSeparator()
        self.copy_action = menu.addAction("")
        self.fit_action = menu.addAction("")
        self.text_action = QAction(menu, checkable=True)
        menu.addAction(self.text_action)
        self.more_button.setMenu(menu)
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _connect(self) -> None:
        for source, wish in (
            (self.find_button.clicked, self.find_asked),
            (self.open_button.clicked, self.open_asked),
            (self.close_button.clicked, self.close_asked),
            (self.previous_target.clicked, self.previous_target_asked),
            (self.next_target.clicked, self.next_target_asked),
            (self.zoom_in.clicked, self.zoom_in_asked),
            (self.zoom_out.clicked, self.zoom_out_asked),
            (self.open_action.triggered, self.open_asked),
            (self.folder_action.triggered, self.folder_asked),
            (self.copy_action.triggered, self.copy_asked),
            (self.fit_action.triggered, self.fit_asked),
            (self.text_action.triggered, self.text_asked),
        ):
            source.connect(wish)
        self.previous_page.clicked.connect(lambda: self.page_asked.emit(self._model.number - 1))
        self.next_page.clicked.connect(lambda: self.page_asked.emit(self._model.number + 1))
        self.page_field.returnPressed.connect(self._ask_page)
        self.page_field.editingFinished.connect(self.refresh)

    def _ask_page(self) -> None:
        if self.page_field.text().isdigit():
            self.page_asked.emit(int(self.page_field.text()))

    # Words and state

    def retranslate(self) -> None:
        self.find_button.set_words(tr("Find in this document"), "Ctrl+F")
        self.open_button.set_words(tr("Open in its program"))
        self.more_button.set_words(tr("More"))
        self.close_button.set_words(tr("Close the source"), "Esc")
        self.previous_target.set_words(tr("Previous source"), "Alt+Left")
        self.next_target.set_words(tr("Next source"), "Alt+Right")
        self.previous_page.set_words(tr("Previous page"), "Ctrl+PgUp")
        self.next_page.set_words(tr("Next page"), "Ctrl+PgDown")
        self.zoom_in.set_words(tr("Larger"), "Ctrl++")
        self.zoom_out.set_words(tr("Smaller"), "Ctrl+-")
        self.page_field.setAccessibleName(tr("Page number"))
        self.page_field.setToolTip(tr("Type a page number and press Enter"))
        self.open_action.setText(tr("Open in its program"))
        self.folder_action.setText(tr("Show in its folder"))
        self.copy_action.setText(tr("Copy the quoted words"))
        self.fit_action.setText(tr("Fit the width"))
        self.text_action.setText(tr("Show as text"))
        self.refresh()

    def refresh(self) -> None:
        """Everything that the model tells."""
        model, target = self._model, self._model.target
        path = PurePath(target.path) if target else PurePath()
        self.name.set_whole_text(path.name)
        self.name.path = target.path if target else ""
        self._paint_icon()
        place = place_name(model)
        self.place.set_whole_text(" · ".join(words for words in (place, target.label if target else "") if words))
        several = len(model.targets) > 1
        for widget in (self.previous_target, self.count, self.next_target):
            widget.setVisible(several)
        self.count.setText(tr("{number} of {count}", number=f"{model.index + 1:,}", count=f"{len(model.targets):,}"))
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
        self.page_count.setText(f"/ {total:,}")
        if not (self.page_field.hasFocus() and self.page_field.isModified()):
            self.page_field.setText(str(model.number) if model.number else "")
        self._ways.setVisible(drawn or total > 1 or len(model.targets) > 1)

    def _paint_icon(self) -> None:
        target = self._model.target
        name = icon_name_of(target.path) if target else "document"
        ratio = self.devicePixelRatioF()
        self.picture.setPixmap(icon(name, colours().muted).pixmap(QSize(_FILE_ICON_PX, _FILE_ICON_PX), ratio))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icon()
        super().changeEvent(event)
