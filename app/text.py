"""The window's words. English is written in the code; other languages are catalogues under assets/translations.

A catalogue is one JSON object, English to translation, with the same {placeholders}. Widgets fill every visible word in
`retranslate()`, which `Translated` calls again when the language changes.
"""

from __future__ import annotations

import json
from functools import lru_cache

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from rag_core.paths import ASSETS

LANGUAGES = {"en": "English", "ja": "日本語"}
_PROPERTY = "alcove_language"


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
    for window in application.topLevelWidgets():  # each passes the event on to its children
        QCoreApplication.sendEvent(window, QEvent(QEvent.Type.LanguageChange))


def tr(text: str, **values: object) -> str:
    """`text` in the language in use, with {placeholders} filled."""
    found = catalogue(language()).get(text, text)
    return found.format(**values) if values else found


def tr_count(count: int, one: str, many: str, **values: object) -> str:
    """`one` or `many` (both with {count}), by the number; numbers carry their separators."""
    return tr(one if count == 1 else many, count=f"{count:,}", **values)


def tr_engine(text: str) -> str:
    """A sentence that the engine made, where the catalogue has it; else as it is."""
    return catalogue(language()).get(text, text)


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(code: str) -> dict[str, str]:
    path = ASSETS / "translations" / f"{code}.json"
    if code == "en" or not path.is_file():
        return {}
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


class Translated:
    """Mixed into widgets with words of their own, before the Qt class: `class Card(Translated, QFrame)`.

    Call `retranslate()` at the end of the constructor.
    """

    def retranslate(self) -> None:
        """Set every visible word, tooltip and accessible name."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)  # type: ignore[misc]  # of the Qt class that this is mixed into
