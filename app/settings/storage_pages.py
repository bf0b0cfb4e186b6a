"""Settings: the data folder, and what is stored."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.kit.button import Button
from app.kit.confirm import ask
from app.kit.design import XS, S
from app.kit.form import SettingsPage
from app.kit.label import paragraph
from app.kit.layout import STRETCH, column, held, row
from app.kit.text import tr
from app.settings.packs_model import size_text
from app.settings.settings_model import SettingsModel


class DataPage(SettingsPage):
    """Where everything lies, and how to move it. `folder_requested` opens the folder."""

    folder_requested = Signal()

    def __init__(self, model: SettingsModel) -> None:
        super().__init__(tr("Data folder"))
        self._model = model
        intro = tr("Everything that Alcove stores is in this one folder. Your own files stay where they are.")
        self._path, self._size = paragraph(kind="strong"), paragraph(kind="small")
        self._open = Button(tr("Open the folder"), self.folder_requested)
        how = tr(
            "1. Close Alcove.\n2. Move the folder to its new place.\n"
            "3. Start Alcove with: alcove --data-dir FOLDER\n"
            "Or set ALCOVE_DATA_DIR to the new place once, and start Alcove as always."
        )
        self.add(
            paragraph(intro),
            held(column(self._path, self._size, gap=XS)),
            held(row(self._open, STRETCH)),
            held(column(paragraph(tr("How to move it"), "strong"), paragraph(how, ""), gap=S)),
        )
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        folder, size_bytes = self._model.data_folder, self._model.data_bytes
        self._path.setText(breakable(str(folder)) if folder else tr("Not known"))
        self._path.setAccessibleName(str(folder) if folder else "")
        self._size.setText(tr("Measuring…") if size_bytes is None else size_text(size_bytes))
        self._open.setEnabled(folder is not None)


class PrivacyPage(SettingsPage):
    """What is stored where. `conversations_deletion_confirmed`: all conversations of the open library."""

    conversations_deletion_confirmed = Signal()
    proof_requested = Signal()

    def __init__(self, model: SettingsModel) -> None:
        super().__init__(tr("Privacy"))
        self._model = model
        intro = tr("Alcove works without a network. Nothing is sent anywhere, and nobody counts what you do.")
        proof = Button(tr("See the proof…"), self.proof_requested)
        self.add(paragraph(intro, ""), held(row(proof, STRETCH)))
        self.add_section(tr("What is stored in the data folder"))
        for title, text in _stored():
            self.add(held(column(paragraph(title, "strong"), paragraph(text, ""), gap=XS)))
        self.add_section(tr("Delete"))
        self._delete_note = paragraph()
        self._delete = Button(tr("Delete all conversations…"), self._ask, "danger")
        self.add(self._delete_note, held(row(self._delete, STRETCH)))
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        library = self._model.library
        self._delete_note.setText(
            tr("All conversations of “{library}”, with their questions, answers and ratings.", library=library)
            if library
            else tr("Open a library to delete its conversations.")
        )
        self._delete.setEnabled(bool(library))

    def _ask(self) -> None:
        ask(
            self,
            tr("Delete all conversations of “{library}”?", library=self._model.library),
            tr("This cannot be undone. Your documents are not touched."),
            tr("Delete all conversations"),
            self.conversations_deletion_confirmed.emit,
        )


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
