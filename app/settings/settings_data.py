"""Settings: the data folder, and what is stored."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QPushButton, QVBoxLayout, QWidget

from app.kit.design import XS, S
from app.kit.form import SettingsPage, wrapped
from app.kit.text import tr
from app.settings.packs_model import size_text
from app.settings.settings_model import SettingsModel


class DataPage(SettingsPage):
    """Where everything lies, and how to move it. `folder_requested` opens the folder."""

    folder_requested = Signal()

    def __init__(self, model: SettingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._intro, self._path, self._size = wrapped(), wrapped("strong"), wrapped("small")
        self._open = QPushButton()
        self._move_title, self._move = wrapped("strong"), wrapped("")
        self._move.setTextFormat(Qt.TextFormat.PlainText)
        self.add(self._intro)
        self.add(_column(self._path, self._size, spacing=XS))
        self.add(_left(self._open))
        self.add(_column(self._move_title, self._move, spacing=S))
        self._open.clicked.connect(self.folder_requested)
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        folder, size_bytes = self._model.data_folder, self._model.data_bytes
        self.set_title(tr("Data folder"))
        self._intro.setText(
            tr("Everything that Alcove stores is in this one folder. Your own files stay where they are.")
        )
        self._path.setText(breakable(str(folder)) if folder else tr("Not known"))
        self._path.setAccessibleName(str(folder) if folder else "")
        self._size.setText(tr("Measuring…") if size_bytes is None else size_text(size_bytes))
        self._open.setText(tr("Open the folder"))
        self._open.setEnabled(folder is not None)
        self._move_title.setText(tr("How to move it"))
        self._move.setText(
            tr(
                "1. Close Alcove.\n2. Move the folder to its new place.\n"
                "3. Start Alcove with: alcove --data-dir FOLDER\n"
                "Or set ALCOVE_DATA_DIR to the new place once, and start Alcove as always."
            )
        )


class PrivacyPage(SettingsPage):
    """What is stored where. `conversations_deletion_confirmed`: all conversations of the open library."""

    conversations_deletion_confirmed = Signal()
    proof_requested = Signal()

    def __init__(self, model: SettingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._intro = wrapped("")
        self._proof = QPushButton()
        self.add(self._intro)
        self.add(_left(self._proof))
        self._stored_title = self.add_section()
        self._facts = [(wrapped("strong"), wrapped("")) for _ in range(5)]
        for title, text in self._facts:
            self.add(_column(title, text, spacing=XS))
        self._delete_title = self.add_section()
        self._delete_note, self._delete = wrapped(), QPushButton()
        self._delete.setProperty("kind", "danger")
        self.add(self._delete_note)
        self.add(_left(self._delete))
        self._proof.clicked.connect(self.proof_requested)
        self._delete.clicked.connect(self._ask)
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        library = self._model.library
        self.set_title(tr("Privacy"))
        self._intro.setText(
            tr("Alcove works without a network. Nothing is sent anywhere, and nobody counts what you do.")
        )
        self._proof.setText(tr("See the proof…"))
        self._stored_title.setText(tr("What is stored in the data folder"))
        for (title, text), (name, said) in zip(self._facts, _stored(), strict=True):
            title.setText(name)
            text.setText(said)
        self._delete_title.setText(tr("Delete"))
        self._delete_note.setText(
            tr("All conversations of “{library}”, with their questions, answers and ratings.", library=library)
            if library
            else tr("Open a library to delete its conversations.")
        )
        self._delete.setText(tr("Delete all conversations…"))
        self._delete.setEnabled(bool(library))

    def _ask(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(tr("Delete all conversations"))
        box.setText(tr("Delete all conversations of “{library}”?", library=self._model.library))
        box.setInformativeText(tr("This cannot be undone. Your documents are not touched."))
        delete = box.addButton(tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        delete.setProperty("kind", "danger")
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.buttonClicked.connect(
            lambda pressed: self.conversations_deletion_confirmed.emit() if pressed is delete else None
        )
        box.finished.connect(box.deleteLater)
        box.open()


def breakable(path: str) -> str:
    """A long path may break after each of its parts."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b")


def _stored() -> list[tuple[str, str]]:
    return [
        (
            tr("Libraries"),
            tr(
                "The text of your documents, cut into passages, and numbers for their meaning. The files "
                "themselves are not copied."
            ),
        ),
        (tr("Conversations"), tr("Your questions, the answers, and your ratings, in the folder of their library.")),
        (tr("Settings"), tr("What you choose here, and the place and size of the window.")),
        (
            tr("Error reports"),
            tr("When Alcove makes a mistake: what happened, without text of your documents. They are never sent."),
        ),
        (
            tr("Protection"),
            tr(
                "Alcove does not lock these files by itself. Whoever can open your account can read "
                "them; the disk encryption of the system protects them."
            ),
        ),
    ]


def _column(*widgets: QWidget, spacing: int) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    for widget in widgets:
        column.addWidget(widget)
    return holder


def _left(button: QPushButton) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(button)
    row.addStretch(1)
    return holder
