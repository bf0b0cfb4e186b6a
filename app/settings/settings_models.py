"""Settings: the installed models."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.kit.design import S
from app.kit.form import SettingsPage, soft_box, wrapped
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

    def __init__(self, packs: PacksModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._packs = packs
        self._intro = wrapped()
        self.add(self._intro)
        self._embedder_title = self.add_section()
        self._embedders = self._add_list("embedder")
        self._note = wrapped("small")
        self.add(self._note)
        self._reader_title = self.add_section()
        self._readers = self._add_list("reader")
        self._reader_note, self._prepare = wrapped("small"), QPushButton()
        self._without_reader = soft_box("info", self._reader_note, self._prepare)
        self.add(self._without_reader)
        self._llm_title = self.add_section()
        self._llms = self._add_list("llm")
        self._import, self._stop = QPushButton(), QPushButton()
        self._import_state = wrapped("small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.add(self._import_row())
        self._import.clicked.connect(self._choose_folder)
        self._stop.clicked.connect(self.import_stopped)
        self._prepare.clicked.connect(self.preparation_requested)
        packs.changed.connect(self._show_packs)
        self.retranslate()

    def retranslate(self) -> None:
        self.set_title(tr("Models"))
        self._intro.setText(tr("Models are files on this computer. They are used here and nowhere else."))
        self._embedder_title.setText(tr("Finding passages by meaning"))
        self._note.setText(
            tr(
                "With another of these models, each library has to be prepared again before it can be "
                "searched by meaning."
            )
        )
        self._llm_title.setText(tr("Writing answers"))
        self._reader_title.setText(tr("Reader: puts the passages in order and marks the answer"))
        self._reader_note.setText(
            tr(
                "Without a reader, words and vectors alone choose the passages, no answer is marked in them, and "
                "sentences are checked by their words only."
            )
        )
        self._prepare.setText(tr("Prepare the reader"))
        self._import.setText(tr("Import a model…"))
        self._import.setAccessibleDescription(tr("Choose a folder that holds a model."))
        self._stop.setText(tr("Stop"))
        self._stop.setAccessibleName(tr("Stop the import"))
        self._bar.setAccessibleName(tr("Progress of the import"))
        self._show_packs()

    def _show_packs(self) -> None:
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

    def _import_row(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, S, 0, 0)
        column.setSpacing(S)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addWidget(self._import)
        buttons.addWidget(self._stop)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(self._bar)
        column.addWidget(self._import_state)
        return holder

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, tr("Choose the folder of a model"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda chosen: self.import_requested.emit(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
