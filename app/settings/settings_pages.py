"""Settings: where the models run, how answers are, what holds for one library, and how the window looks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QPushButton, QWidget

from app.kit.choice import Choice, text_of
from app.kit.form import ChoiceBox, NumberBox, SettingRow, SettingsPage, soft_box, wrapped
from app.kit.text import LANGUAGES, tr
from app.settings.settings_model import (
    SettingsModel,
    automatic,
    chunk_choices,
    length_choices,
    place_choices,
    reading_choices,
    theme_choices,
    threshold_choices,
)

_MOST_THREADS = 64
_MOST_PASSAGES = 20
_MIB = 1024**2


class PlacePage(SettingsPage):
    """`settings_changed` (Settings); `stages_requested` opens what really happens."""

    settings_changed = Signal(object)
    stages_requested = Signal()

    def __init__(self, model: SettingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._place = ChoiceBox()
        self._threads = NumberBox(0, _MOST_THREADS)
        self._memory = NumberBox(256, 16384)
        self._memory.setSingleStep(256)
        self._look = QPushButton()
        self._rows = [SettingRow(self._place), SettingRow(self._threads), SettingRow(self._memory)]
        self._rows.append(SettingRow(self._look, is_wide=False))
        for row in self._rows:
            self.add(row, is_last=row is self._rows[-1])
        self._place.picked.connect(lambda value: self._change(execution_provider=value))
        self._threads.picked.connect(lambda value: self._change(threads=value))
        self._memory.picked.connect(lambda value: self._change(parse_memory_bytes=value * _MIB))
        self._look.clicked.connect(self.stages_requested)
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        settings = self._model.settings
        self.set_title(tr("Where it runs"))
        self._rows[0].set_words(
            tr("Run the models on"),
            tr(
                "Automatic takes the NPU for models that are prepared for it, and the processor where that fails. "
                "“Only on the NPU” is a demand: what cannot run there says so and does not run."
            ),
        )
        self._rows[1].set_words(
            tr("Processor cores to use"), tr("Fewer cores leave more of the computer to other programs.")
        )
        self._rows[2].set_words(
            tr("Memory for reading a document"),
            tr("A document that needs more than this is reported as not readable, so that the computer stays usable."),
        )
        self._rows[3].set_words(tr("What really happens"), tr("Run each step once and see where it ran."))
        self._look.setText(tr("Show…"))
        self._place.show_choices(place_choices(), settings.execution_provider.lower())
        self._threads.show_value(settings.threads, words_for_lowest=tr("Automatic"))
        self._memory.show_value(settings.parse_memory_bytes // _MIB, suffix=tr(" MB"))

    def _change(self, **values: Any) -> None:
        self.settings_changed.emit(replace(self._model.settings, **values))


class AnswersPage(SettingsPage):
    """`settings_changed` (Settings)."""

    settings_changed = Signal(object)

    def __init__(self, model: SettingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._length, self._reading, self._threshold = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self._passages = NumberBox(0, _MOST_PASSAGES)
        controls = (self._length, self._reading, self._threshold, self._passages)
        self._rows = [SettingRow(control) for control in controls]
        for row in self._rows:
            self.add(row, is_last=row is self._rows[-1])
        self._length.picked.connect(lambda value: self._change(max_new_tokens=value))
        self._reading.picked.connect(lambda value: self._change(evidence_tokens=value))
        self._threshold.picked.connect(lambda value: self._change(relevance_threshold=value))
        self._passages.picked.connect(lambda value: self._change(top_k=value))
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        settings = self._model.settings
        self.set_title(tr("Answers"))
        self._rows[0].set_words(
            tr("Longest answer"), tr("Small models answer briefly, and longer answers are more often wrong.")
        )
        self._rows[1].set_words(
            tr("Text given to the model"), tr("How much of the passages it reads before it writes the answer.")
        )
        self._rows[2].set_words(
            tr("When to answer"), tr("Otherwise Alcove says that the documents do not hold the answer.")
        )
        self._rows[3].set_words(
            tr("Passages to show"), tr("How many places in the documents are shown for a question.")
        )
        self._length.show_choices(length_choices(), settings.max_new_tokens)
        self._reading.show_choices(reading_choices(), settings.evidence_tokens)
        self._threshold.show_choices(threshold_choices(), settings.relevance_threshold)
        self._passages.show_value(settings.top_k, words_for_lowest=automatic(self._model.in_effect.top_k))

    def _change(self, **values: Any) -> None:
        self.settings_changed.emit(replace(self._model.settings, **values))


class LibraryPage(SettingsPage):
    """What holds for the open library alone. `library_settings_changed` (LibrarySettings), `reread_requested`."""

    library_settings_changed = Signal(object)
    reread_requested = Signal()

    def __init__(self, model: SettingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._intro = wrapped()
        self.add(self._intro)
        self._passages = NumberBox(0, _MOST_PASSAGES)
        self._threshold, self._chunk = ChoiceBox(), ChoiceBox()
        self._rows = [SettingRow(control) for control in (self._passages, self._threshold, self._chunk)]
        for row in self._rows:
            self.add(row, is_last=row is self._rows[-1])
        self._note, self._reread = wrapped("warning"), QPushButton()
        self._box = soft_box("warning", self._note, self._reread)
        self.add(self._box)
        self._passages.picked.connect(lambda value: self._change(top_k=value or None))
        self._threshold.picked.connect(lambda value: self._change(relevance_threshold=value))
        self._chunk.picked.connect(lambda value: self._change(chunk_tokens=value))
        self._reread.clicked.connect(self.reread_requested)
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        general, own, in_effect = self._model.settings, self._model.library_settings.overrides, self._model.in_effect
        library = self._model.library
        self.set_title(tr("This library"))
        self._intro.setText(
            tr("These hold for “{library}” alone.", library=library) if library else tr("Open a library to set it up.")
        )
        for row in self._rows:
            row.setEnabled(bool(library))
        self._rows[0].set_words(
            tr("Passages to show"), tr("How many places in the documents are shown for a question.")
        )
        self._rows[1].set_words(
            tr("When to answer"), tr("Otherwise Alcove says that the documents do not hold the answer.")
        )
        self._rows[2].set_words(
            tr("Length of a passage"), tr("Documents have to be read again before a new length takes effect.")
        )
        self._note.setText(
            tr("The documents of this library still have passages of the old length. Reading them again changes that.")
        )
        self._reread.setText(tr("Read the documents again"))
        self._box.setVisible(self._model.needs_rereading and bool(library))
        passages = general.top_k or in_effect.top_k or tr("Automatic")
        self._passages.show_value(int(own.get("top_k", 0)), words_for_lowest=tr("As for all ({value})", value=passages))
        thresholds, chunks = threshold_choices(), chunk_choices()
        self._threshold.show_choices(
            _or_general(thresholds, general.relevance_threshold), own.get("relevance_threshold")
        )
        length = general.chunk_tokens or in_effect.chunk_tokens
        self._chunk.show_choices(
            _or_general(chunks, length) if length else [_as_for_all(tr("Automatic")), *chunks], own.get("chunk_tokens")
        )

    def _change(self, **values: Any) -> None:
        self.library_settings_changed.emit(self._model.library_settings.with_overrides(**values))


class LookPage(SettingsPage):
    """What the window remembers by itself: `theme_chosen`, `language_chosen`, `tray_chosen`."""

    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    tray_chosen = Signal(bool)

    def __init__(self, model: SettingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._theme, self._language, self._tray = ChoiceBox(), ChoiceBox(), QCheckBox()
        self._rows = [SettingRow(self._theme), SettingRow(self._language), SettingRow(self._tray, is_wide=False)]
        for row in self._rows:
            self.add(row, is_last=row is self._rows[-1])
        self._theme.picked.connect(self.theme_chosen.emit)
        self._language.picked.connect(self.language_chosen.emit)
        self._tray.clicked.connect(self.tray_chosen)
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        model = self._model
        self.set_title(tr("Window"))
        self._rows[0].set_words(tr("Theme"))
        self._rows[1].set_words(tr("Language"), tr("Of the window. Answers come in the language of the question."))
        self._rows[2].set_words(
            tr("Keep in the system tray"),
            tr("Closing the window leaves Alcove ready in the tray.")
            if model.is_tray_available
            else tr("This desktop has no system tray."),
        )
        self._theme.show_choices(theme_choices(), model.theme)
        languages = [Choice("system", tr("Like the system")), *(Choice(code, name) for code, name in LANGUAGES.items())]
        self._language.show_choices(languages, model.language)
        self._tray.setChecked(model.is_in_tray)
        self._tray.setEnabled(model.is_tray_available)


def _or_general(choices: list[Choice], general: object) -> list[Choice]:
    return [_as_for_all(text_of(general, choices)), *choices]


def _as_for_all(words: str) -> Choice:
    return Choice(None, tr("As for all ({value})", value=words))
