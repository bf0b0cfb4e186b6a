"""Settings: the installed models."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar

from app.kit.button import Button
from app.kit.design import S
from app.kit.dialog import pick_folder
from app.kit.form import SettingsPage, soft_box
from app.kit.label import paragraph
from app.kit.layout import STRETCH, column, held, row
from app.kit.text import tr
from app.settings.model_list import ModelList
from app.settings.packs_model import PacksModel

_STEPS = 1000


class ModelsPage(SettingsPage):
    """`pack_chosen` (role, pack id); the rest is what its buttons say."""

    pack_chosen = Signal(str, str)
    check_requested = Signal(str)
    import_requested = Signal(Path)
    import_stopped = Signal()
    preparation_requested = Signal()

    def __init__(self, packs: PacksModel) -> None:
        super().__init__(tr("Models"))
        self._packs = packs
        self.add(paragraph(tr("Models are files on this computer. They are used here and nowhere else.")))
        self.add_section(tr("Finding passages by meaning"))
        self._add_list("embedder")
        note = tr(
            "With another of these models, each library has to be prepared again before it can be searched by meaning."
        )
        self._note = paragraph(note, "small")
        self.add(self._note)
        self.add_section(tr("Reader: puts the passages in order and marks the answer"))
        self._readers = self._add_list("reader")
        without_reader = tr(
            "Without a reader, words and vectors alone choose the passages, no answer is marked in them, and "
            "sentences are checked by their words only."
        )
        self._prepare = Button(tr("Prepare the reader"), self.preparation_requested)
        self._without_reader = soft_box("info", paragraph(without_reader, "small"), self._prepare)
        self.add(self._without_reader)
        self.add_section(tr("Writing answers"))
        self._add_list("llm")
        self._import, self._stop = Button(tr("Import a model…"), self._choose), Button(tr("Stop"), self.import_stopped)
        self.say(self._import.setAccessibleDescription, tr("Choose a folder that holds a model."))
        self.say(self._stop.setAccessibleName, tr("Stop the import"))
        self._import_state = paragraph(kind="small")
        self._bar = QProgressBar(textVisible=False)
        self.say(self._bar.setAccessibleName, tr("Progress of the import"))
        buttons = row(self._import, self._stop, STRETCH, gap=S)
        self.add(held(column(buttons, self._bar, self._import_state, gap=S, margins=(0, S, 0, 0))))
        packs.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        has_readers = bool(self._packs.of_role("reader"))
        self._readers.setVisible(has_readers or not self._packs.is_loaded)
        self._without_reader.setVisible(self._packs.is_loaded and not has_readers)
        self._note.setVisible(len(self._packs.of_role("embedder")) > 1)
        importing = self._packs.importing
        for widget in (self._bar, self._stop):
            widget.setVisible(importing is not None)
        for button in (self._import, self._prepare):
            button.setEnabled(importing is None)
        if importing is None:
            self._import_state.setText(
                tr("A folder with a model in ONNX form, or a model that was prepared on another computer.")
            )
            return
        name = importing.folder
        self._import_state.setText(tr("Importing “{folder}”…", folder=name) if name else tr("Preparing the models"))
        self._bar.setRange(0, 0 if importing.fraction is None else _STEPS)
        self._bar.setValue(round((importing.fraction or 0) * _STEPS))

    def _add_list(self, role: str) -> ModelList:
        models = ModelList(self._packs, role)
        models.pack_chosen.connect(lambda pack_id: self.pack_chosen.emit(role, pack_id))
        models.check_requested.connect(self.check_requested)
        self.add(models)
        return models

    def _choose(self) -> None:
        pick_folder(self, tr("Choose the folder of a model"), self.import_requested.emit)
