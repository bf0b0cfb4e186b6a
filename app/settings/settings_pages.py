"""Settings: where the models run, how answers are, what holds for one library, and how the window looks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox

from app.kit.button import Button
from app.kit.form import Choice, ChoiceBox, NumberBox, SettingRow, SettingsPage, soft_box, text_of
from app.kit.label import paragraph
from app.kit.text import LANGUAGES, tr
from app.settings.setting_words import automatic, in_order, words_of
from app.settings.settings_model import SettingsModel
from rag_core.library.records import LibrarySettings
from rag_core.settings import Setting, Settings, Value

_HIGHEST = 2**31 - 1  # that a field for numbers can hold


class FieldsPage(SettingsPage):
    """A row for each declared setting of a page. `values_changed` carries everything that is stored, as the person
    wants it.
    """

    values_changed = Signal(object)

    def __init__(self, title: str, model: SettingsModel) -> None:
        super().__init__(title)
        self.model = model
        self._shows: list[Callable[[], object]] = []
        model.changed.connect(self.retranslate)

    def values(self) -> Settings | LibrarySettings:
        return self.model.settings

    def value_of(self, setting: Setting) -> Value | None:
        value: Value | None = getattr(self.model.settings, setting.name)
        return value.lower() if isinstance(value, str) else value

    def when_unset(self, setting: Setting) -> Choice | None:
        """What stands for "nothing is asked for", where that is no choice like the others."""
        is_left_to_alcove = isinstance(setting.default, int) and setting.default < setting.least
        return Choice(0, automatic(getattr(self.model.in_effect, setting.name, 0))) if is_left_to_alcove else None

    def retranslate(self) -> None:
        for show in self._shows:
            show()

    def fields(self, settings: list[Setting]) -> list[SettingRow]:
        return [self._field(setting) for setting in in_order(settings)]

    def _field(self, setting: Setting) -> SettingRow:
        words = words_of(setting)
        if words.choices or not isinstance(setting.default, int):
            return SettingRow(self._choices(setting), words.title, words.hint)
        return SettingRow(self._number(setting), words.title, words.hint)

    def _choices(self, setting: Setting) -> ChoiceBox:
        def show() -> None:
            choices, unset = list(words_of(setting).choices), self.when_unset(setting)
            if unset is not None and all(choice.value != unset.value for choice in choices):
                choices.insert(0, unset)
            box.show_choices(choices, self.value_of(setting))

        box = ChoiceBox()
        box.picked.connect(lambda value: self._change(setting, value))
        self._shows.append(show)
        return box

    def _number(self, setting: Setting) -> NumberBox:
        def show() -> None:
            words, unset = words_of(setting), self.when_unset(setting)
            value = int(self.value_of(setting) or 0) // words.unit
            box.show_value(value, unset.text if unset else "", words.suffix)

        words = words_of(setting)
        lowest = 0 if self.when_unset(setting) else int(setting.least) // words.unit
        box = NumberBox(lowest, min(int(setting.most) // words.unit, _HIGHEST), words.step)
        box.picked.connect(lambda value: self._change(setting, value * words.unit))
        self._shows.append(show)
        return box

    def _change(self, setting: Setting, value: Value | None) -> None:
        self.values_changed.emit(self.values().with_overrides(**{setting.name: value}))


class PlacePage(FieldsPage):
    """`stages_requested` opens what really happens."""

    stages_requested = Signal()

    def __init__(self, model: SettingsModel) -> None:
        super().__init__(tr("Where it runs"), model)
        show = Button(tr("Show…"), self.stages_requested)
        what = (tr("What really happens"), tr("Run each step once and see where it ran."))
        self.add(*self.fields(declared(model, "place")), SettingRow(show, *what, is_wide=False))
        self.retranslate()


class AnswersPage(FieldsPage):
    def __init__(self, model: SettingsModel) -> None:
        super().__init__(tr("Answers"), model)
        self.add(*self.fields(declared(model, "answers")))
        self.retranslate()


class LibraryPage(FieldsPage):
    """What holds for the open library alone. `reread_requested`: a new length of passages should take effect."""

    reread_requested = Signal()

    def __init__(self, model: SettingsModel) -> None:
        super().__init__(tr("This library"), model)
        self._intro = paragraph()
        self._rows = self.fields([row for row in model.settings.rows() if row.per_library])
        note = tr(
            "The documents of this library still have passages of the old length. Reading them again changes that."
        )
        reread = Button(tr("Read the documents again"), self.reread_requested)
        self._box = soft_box("warning", paragraph(note, "warning"), reread)
        self.add(self._intro)
        self.add(*self._rows)
        self.add(self._box)
        self.retranslate()

    def values(self) -> LibrarySettings:
        return self.model.library_settings

    def value_of(self, setting: Setting) -> Value | None:
        return self.model.library_settings.overrides.get(setting.name)

    def when_unset(self, setting: Setting) -> Choice:
        """As for all libraries, and what that is."""
        general = getattr(self.model.settings, setting.name) or getattr(self.model.in_effect, setting.name, 0)
        choices = list(words_of(setting).choices)
        words = tr("Automatic") if not general else text_of(general, choices) if choices else general
        return Choice(None, tr("As for all ({value})", value=words))

    def retranslate(self) -> None:
        super().retranslate()
        library = self.model.library
        self._intro.setText(
            tr("These hold for “{library}” alone.", library=library) if library else tr("Open a library to set it up.")
        )
        for row in self._rows:
            row.setEnabled(bool(library))
        self._box.setVisible(self.model.needs_rereading and bool(library))

    def _change(self, setting: Setting, value: Value | None) -> None:
        super()._change(setting, value or None)


class LookPage(SettingsPage):
    """What the window remembers by itself: `theme_chosen`, `language_chosen`, `tray_chosen`."""

    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    tray_chosen = Signal(bool)

    def __init__(self, model: SettingsModel) -> None:
        super().__init__(tr("Window"))
        self._model = model
        self._theme, self._language, self._tray = ChoiceBox(), ChoiceBox(), QCheckBox()
        language = tr("Of the window. Answers come in the language of the question.")
        self._tray_row = SettingRow(self._tray, tr("Keep in the system tray"), is_wide=False)
        self.add(
            SettingRow(self._theme, tr("Theme")), SettingRow(self._language, tr("Language"), language), self._tray_row
        )
        self._theme.picked.connect(self.theme_chosen.emit)
        self._language.picked.connect(self.language_chosen.emit)
        self._tray.clicked.connect(self.tray_chosen)
        model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        model = self._model
        self._tray_row.set_hint(
            tr("Closing the window leaves Alcove ready in the tray.")
            if model.is_tray_available
            else tr("This desktop has no system tray.")
        )
        self._theme.show_choices(_themes(), model.theme)
        languages = [Choice("system", tr("Like the system")), *(Choice(code, name) for code, name in LANGUAGES.items())]
        self._language.show_choices(languages, model.language)
        self._tray.setChecked(model.is_in_tray)
        self._tray.setEnabled(model.is_tray_available)


def declared(model: SettingsModel, page: str) -> list[Setting]:
    """The rows of the table that stand on a page."""
    return [row for row in model.settings.rows() if row.page == page]


def _themes() -> list[Choice]:
    return [Choice("system", tr("Like the system")), Choice("light", tr("Light")), Choice("dark", tr("Dark"))]
