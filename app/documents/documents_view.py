"""The documents of a library: head, filter, table, folders."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.documents.document_cells import reason_text
from app.documents.document_rows import DocumentRow, StateFilter
from app.documents.documents_empty import DocumentsEmpty
from app.documents.documents_model import DocumentsModel, summary
from app.documents.documents_table import DocumentsTable
from app.documents.folders_panel import FoldersPanel
from app.documents.indexing_state import FoldersState
from app.kit.confirm import ask
from app.kit.design import L, M, S
from app.kit.elided_label import ElidedLabel
from app.kit.resources import icon
from app.kit.source_target import SourceTarget
from app.kit.text import Translated, tr, tr_count

_TYPING_MS = 120
_FILTERS: tuple[StateFilter, ...] = ("all", "searchable", "in_work", "failed")


class DocumentsView(Translated, QFrame):
    """Says what the person wants with documents; paths are as the library stores them."""

    document_opened = Signal(SourceTarget)
    paths_given = Signal(list)
    retry_requested = Signal(list)
    reread_requested = Signal(list)
    removal_confirmed = Signal(list)
    location_requested = Signal(str)

    def __init__(self, model: DocumentsModel, folders: FoldersState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAcceptDrops(True)
        self._model = model
        self._folders = folders
        self._library = ""
        self.title = ElidedLabel()
        self.title.setProperty("kind", "title")
        self.count = QLabel()
        self.count.setProperty("kind", "muted")
        self.add_folder = QPushButton()
        self.add_folder.setProperty("kind", "primary")
        self.add_files = QPushButton()
        self.filter = QLineEdit(clearButtonEnabled=True)
        self.state_filter = QComboBox()
        self.table = DocumentsTable(model)
        self.empty = DocumentsEmpty()
        self.nothing = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.nothing.setProperty("kind", "muted")
        self.detail = _ProblemLine()
        self.folders = FoldersPanel(folders, self)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._lay_out()
        self._connect()
        self.retranslate()
        self._show_page()

    def set_library(self, name: str) -> None:
        self._library = name
        self.filter.clear()
        self.state_filter.setCurrentIndex(0)
        self.title.set_whole_text(name or tr("Documents"))

    def show_failed(self) -> None:
        """Narrow to what could not be read."""
        self.filter.clear()
        self.state_filter.setCurrentIndex(_FILTERS.index("failed"))
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Documents"))
        self.title.set_whole_text(self._library or tr("Documents"))
        self.add_folder.setText(tr("Add folder…"))
        self.add_files.setText(tr("Add files…"))
        self.filter.setPlaceholderText(tr("Filter by name or folder"))
        self.filter.setAccessibleName(tr("Filter documents"))
        self.state_filter.setAccessibleName(tr("Which documents are shown"))
        self.nothing.setText(tr("No document matches."))
        labels = (tr("All"), tr("Searchable"), tr("In work"), tr("Failed"))
        for position, label in enumerate(labels):
            if position < self.state_filter.count():
                self.state_filter.setItemText(position, label)
            else:
                self.state_filter.addItem(label)
        self._show_counts()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.detail.paint_icon()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.paths_given.emit(paths)

    def context_menu(self) -> QMenu | None:
        """For the chosen rows; None where none is chosen."""
        rows = self.table.chosen_rows()
        if not rows:
            return None
        menu = QMenu(self)
        failed = [row.path for row in rows if row.state == "failed"]
        paths = [row.path for row in rows]
        if len(rows) == 1:
            opening = self._action(menu, tr("Open"), lambda: self._open(rows[0]))
            opening.setEnabled(can_be_shown(rows[0]))
            self._action(menu, tr("Show in folder"), lambda: self.location_requested.emit(rows[0].path))
            menu.addSeparator()
        if failed:
            self._action(menu, tr("Try again"), lambda: self.retry_requested.emit(failed))
        self._action(menu, tr("Read again"), lambda: self.reread_requested.emit(paths))
        menu.addSeparator()
        self._action(menu, tr("Remove from library…"), self._ask_removal)
        return menu

    def _action(self, menu: QMenu, text: str, wanted: object) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(wanted)
        return action

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.count)
        head = QHBoxLayout()
        head.setSpacing(S)
        head.addLayout(words, 1)
        head.addWidget(self.add_files)
        head.addWidget(self.add_folder)
        narrowing = QHBoxLayout()
        narrowing.setSpacing(S)
        narrowing.addWidget(self.filter, 1)
        narrowing.addWidget(self.state_filter)
        self._narrowing = QWidget()
        self._narrowing.setLayout(narrowing)
        narrowing.setContentsMargins(0, 0, 0, 0)
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        for page in (self.table, self.nothing, self.empty):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(L, L, L, M)
        layout.setSpacing(M)
        layout.addLayout(head)
        layout.addWidget(self._narrowing)
        layout.addWidget(pages, 1)
        layout.addWidget(self.detail)
        layout.addWidget(self.folders)

    def _connect(self) -> None:
        self.add_folder.clicked.connect(self._pick_folder)
        self.add_files.clicked.connect(self._pick_files)
        self.empty.folder_asked.connect(self._pick_folder)
        self.empty.files_asked.connect(self._pick_files)
        self.filter.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(lambda: self._model.set_filter(self.filter.text()))
        self.state_filter.currentIndexChanged.connect(self._narrow_state)
        self.table.opening_requested.connect(self._open)
        self.table.removal_requested.connect(self._ask_removal)
        self.table.rows_chosen.connect(self._show_problem)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._model.counts_changed.connect(self._show_counts)
        self._model.settled.connect(self._show_counts)
        self.detail.retry_requested.connect(lambda path: self.retry_requested.emit([path]))
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Find),
            self,
            self._focus_filter,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )

    def _focus_filter(self) -> None:
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def _narrow_state(self, position: int) -> None:
        self._model.set_state_filter(_FILTERS[max(position, 0)])

    def _show_counts(self) -> None:
        self.count.setText(
            tr("Reading the list…") if self._model.is_loading and not self._model.total else summary(self._model)
        )
        self._show_page()
        self._show_problem()

    def _show_page(self) -> None:
        is_empty = self._model.total == 0 and not self._model.is_loading
        page: QWidget = self.table
        if is_empty:
            page = self.empty
        elif self._model.is_narrowed and self._model.rowCount() == 0 and self._model.is_settled:
            page = self.nothing
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
        for part in (self.add_folder, self.add_files, self.count, self._narrowing):
            part.setVisible(not is_empty)

    def _show_problem(self) -> None:
        row = self.table.only_chosen_row()
        was_hidden = self.detail.isHidden()
        self.detail.show_row(row if row is not None and row.state == "failed" else None)
        if was_hidden and not self.detail.isHidden():  # the table gets shorter: the row must not hide behind its reason
            QTimer.singleShot(0, self.table, lambda: self.table.scrollTo(self.table.currentIndex()))

    def _open(self, row: DocumentRow) -> None:
        if can_be_shown(row):
            whole = SourceTarget(self._library, row.document_id, row.path, row.name, 1, 0, 0, media_type=row.media_type)
            self.document_opened.emit(whole)

    def _show_menu(self, point: QPoint) -> None:
        menu = self.context_menu()
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.table.viewport().mapToGlobal(point))

    def _ask_removal(self) -> None:
        rows = self.table.chosen_rows()
        if not rows:
            return
        paths = [row.path for row in rows]
        question = tr("Remove “{name}” from this library?", name=rows[0].name)
        if len(rows) > 1:
            question = tr("Remove {count} documents from this library?", count=f"{len(rows):,}")
        explanation = tr_count(
            len(rows), "The file itself stays where it is.", "The files themselves stay where they are."
        )
        synced = [folder.path.name for folder in self._folders.folders if folder.in_sync and _holds(folder.path, paths)]
        if synced:
            explanation += "\n" + tr_count(
                len(rows),
                "It stays out of this library, also while “{folder}” is kept in sync.",
                "They stay out of this library, also while “{folder}” is kept in sync.",
                folder=tr("”, “").join(synced),
            )
        ask(self, question, explanation, tr("Remove"), lambda: self.removal_confirmed.emit(paths))

    def _pick_folder(self) -> None:
        dialog = QFileDialog(self, tr("Add a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._pick_with(dialog)

    def _pick_files(self) -> None:
        dialog = QFileDialog(self, tr("Add files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._pick_with(dialog)

    def _pick_with(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.paths_given.emit([Path(name) for name in names]))
        dialog.open()


class _ProblemLine(Translated, QFrame):
    """Why the chosen document could not be read, and the way to try again."""

    retry_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "error")
        self._path = ""
        self._sign = QLabel()
        self.reason = QLabel(wordWrap=True)
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.again = QPushButton()
        self.again.clicked.connect(lambda: self.retry_requested.emit(self._path))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(M, S, S, S)
        layout.setSpacing(M)
        layout.addWidget(self._sign)
        layout.addWidget(self.reason, 1)
        layout.addWidget(self.again)
        self.hide()
        self.paint_icon()
        self.retranslate()

    def retranslate(self) -> None:
        self.again.setText(tr("Try again"))

    def show_row(self, row: DocumentRow | None) -> None:
        self.setVisible(row is not None)
        if row is not None:
            self._path = row.path
            reason = reason_text(row)
            self.reason.setText(reason if row.name in reason else f"{row.name}: {reason}" if reason else row.name)

    def paint_icon(self) -> None:
        self._sign.setPixmap(icon("warning").pixmap(20, 20))


def can_be_shown(row: DocumentRow) -> bool:
    """Only what was read has pages to look at."""
    return bool(row.document_id) and row.state != "failed"


def _holds(folder: Path, paths: list[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for path in paths)
