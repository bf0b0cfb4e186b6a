"""What the command line says, in the person's language: `$ALCOVE_LANGUAGE`, else that of the system."""

from __future__ import annotations

import locale
import os
import sys

from rag_core.messages import ENGLISH, Message, catalogue

_VARIABLES = ("ALCOVE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides


def in_words(said: Message | str) -> str:
    """A name stays as it is."""
    return catalogue(language()).words(said, "command_line") if isinstance(said, Message) else said


def number(value: float, form: str) -> str:
    """As the person's language writes it; `form` is a format of Python's."""
    return catalogue(language()).number(value, form)


def language() -> str:
    """English where there is no catalogue."""
    named = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "") or _of_windows()
    code = named[:2].lower()
    spoken = catalogue(code if code.isalpha() else ENGLISH)  # of all the catalogues this one is read
    return spoken.code if spoken.window else ENGLISH


def _of_windows() -> str:
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    return ""
