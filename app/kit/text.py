"""The window's words. English is written in the code; other languages are catalogues under assets/translations.

A catalogue has the window's words under "window": English to translation, with the same {placeholders}. What `tr` said
can be said again when the language has changed (`Words`), so widgets set most of their words once (`Translated`).

What the core says comes as data (`rag_core.messages`): `tr_message` puts it into words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QDate, QEvent, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from rag_core.messages import Message, languages
from rag_core.messages import catalogue as message_catalogue

LANGUAGES = languages()
_PROPERTY = "alcove_language"
Value = TypeVar("Value")
_QT_WORDS = "alcove_qt_words"


def language() -> str:
    """The language in use: a property of the application, so that no module holds state."""
    application = QCoreApplication.instance()
    return str(application.property(_PROPERTY) or "en") if application else "en"


def use_language(code: str) -> None:
    """Switch at once. Every widget gets a LanguageChange event."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        return
    application.setProperty(_PROPERTY, code if code in LANGUAGES else "en")
    _use_words_of_qt(application, language())
    for window in application.topLevelWidgets():  # each passes the event on to its children
        QCoreApplication.sendEvent(window, QEvent(QEvent.Type.LanguageChange))


class Words(str):
    """What `tr` said; `again()` says it in the language that is in use by then."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, object]

    def again(self) -> Words:
        return _words(self.template, {name: said_again(value) for name, value in self.values.items()})


def _words(template: str, values: dict[str, object]) -> Words:
    found = catalogue(language()).get(template, template)
    filled = {name: number(value) if isinstance(value, int | float) else value for name, value in values.items()}
    words = Words(found.format(**filled) if filled else found)
    words.template, words.values = template, values
    return words


def said_again(value: Value) -> Value:
    """Words in the language in use; anything else as it was."""
    return value.again() if isinstance(value, Words) else value  # type: ignore[return-value]  # words are text


def tr(text: str, **values: object) -> str:
    """`text` in the language in use, with {placeholders} filled; numbers carry their separators."""
    return _words(text, values)


def tr_count(count: int, one: str, many: str, **values: object) -> str:
    """`one` or `many` (both with {count}), by the number."""
    return tr(one if count == 1 else many, count=count, **values)


def number(value: float, form: str = ",") -> str:
    """As the language in use writes it; `form` is a format of Python's: ".1f"."""
    return message_catalogue(language()).number(value, form)


def date_words(day: QDate) -> str:
    """As the language in use writes it, with the whole year."""
    locale = QLocale(language())
    form = locale.dateFormat(QLocale.FormatType.ShortFormat)
    return locale.toString(day, form if "yyyy" in form else form.replace("yy", "yyyy"))


def tr_message(message: Message | str) -> str:
    """What the core said, in the language in use; a text is shown as it is."""
    return message if isinstance(message, str) else message_catalogue(language()).words(message, "window")


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(code: str) -> dict[str, str]:
    return dict(message_catalogue(code).window)


def _use_words_of_qt(application: QApplication, code: str) -> None:
    """The words of Qt's own dialogs and menus ("Cut", "Cancel"), where Qt ships them for the language."""
    before = application.findChild(QTranslator, _QT_WORDS)
    if before is not None:
        application.removeTranslator(before)
        before.setParent(None)
        before.deleteLater()
    translator = QTranslator(application)
    translator.setObjectName(_QT_WORDS)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if code != "en" and translator.load(f"qtbase_{code}", folder):
        application.installTranslator(translator)
    else:
        translator.deleteLater()


class Translated:
    """Mixed into widgets that show words or colours, before the Qt class: `class Card(Translated, QFrame)`.

    Labels and buttons of the kit say their own words again by themselves. `say` does the same for anything else that
    is set once; what follows from a state is set in `retranslate`, and pictures that do not follow the theme in
    `retheme`.
    """

    _sayings: tuple[tuple[Callable[[str], object], str], ...] = ()

    def say(self, set_words: Callable[[str], object], words: str) -> None:
        """Now, and again in every other language."""
        self._sayings = (*self._sayings, (set_words, words))
        set_words(words)

    def retranslate(self) -> None:
        """The language has changed: set the words that follow from a state."""

    def retheme(self) -> None:
        """The colours have changed: draw pictures anew."""

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        kind = event.type()  # asked once: a card of the conversation hears some seventy changes while it is made
        if kind == QEvent.Type.LanguageChange:
            for set_words, words in self._sayings:
                set_words(said_again(words))
            self.retranslate()
        super().changeEvent(event)  # type: ignore[misc]  # of the Qt class that this is mixed into
        if kind == QEvent.Type.PaletteChange:
            self.retheme()
