"""What the program says to a person, as data: a code and the names and numbers that belong into it.

    raise UserError(say("library-missing", name=name), say("add-documents-to-it"))

Whoever shows a message puts it into words: in the person's language, and in words of their own where theirs differ. The
words stand in the catalogues `assets/translations/LANGUAGE.json`, under "messages", by code; `en.json` has them all. A
template is a `str.format` text: "There is no library “{name}”.", "{count:,} passages". Beside `code` there may be

- `code#one`: where the value `count` is 1;
- `code@command_line`, `code@window`: what only that medium says so.

Code branches on `code`, or better on a type or a state; never on finished words. `str(message)` is English, for logs.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Union

from rag_core.paths import ASSETS

Value = Union[str, int, float, "Message", tuple["Message", ...]]
Medium = Literal["window", "command_line"]

ENGLISH = "en"
_LITERAL, _JOINED = "literal", "joined"
_FOLDER = ASSETS / "translations"


class Message:
    """Never changed. `values` are in the order of their names. An empty message (`NOTHING`) is false, and has no words.

    No dataclass, so that `dataclasses.asdict` of what holds one leaves it whole: whoever writes JSON renders it.
    """

    __slots__ = ("code", "values")

    def __init__(self, code: str = "", values: tuple[tuple[str, Value], ...] = ()) -> None:
        self.code = code
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.code, self.values) == (other.code, other.values)

    def __hash__(self) -> int:
        return hash((self.code, self.values))

    def __bool__(self) -> bool:
        return bool(self.code)

    def __str__(self) -> str:
        return catalogue(ENGLISH).words(self)

    def __repr__(self) -> str:
        return f"say({self.code!r}, **{dict(self.values)!r})"

    def __getitem__(self, name: str) -> Value:
        return dict(self.values)[name]


NOTHING = Message()


def say(code: str, **values: Value) -> Message:
    """A message with these values."""
    return Message(code, tuple(sorted(values.items())))


def literal(text: str) -> Message:
    """Words that come from outside (a library's error, an older version's database): shown as they are."""
    return Message(_LITERAL, (("text", text),)) if text else NOTHING


def joined(messages: Iterable[Message]) -> Message:
    """Several, one after the other; each once."""
    parts = tuple(dict.fromkeys(message for message in messages if message))
    return parts[0] if len(parts) == 1 else Message(_JOINED, (("parts", parts),)) if parts else NOTHING


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of one language. `name` is its own ("Deutsch"); `window` are the window's own words, by their English;
    `gap` stands between sentences, `marks` in numbers: between thousands, and before decimals.
    """

    code: str
    name: str
    gap: str = " "
    marks: str = ",."
    messages: Mapping[str, str] = field(default_factory=dict)
    window: Mapping[str, str] = field(default_factory=dict)

    def words(self, message: Message, medium: Medium | None = None) -> str:
        """A code that this language lacks is said in English."""
        values = dict(message.values)
        if message.code == _LITERAL:
            return str(values["text"])
        if message.code == _JOINED:
            return self._all(values["parts"], medium)
        template = self.template(message, medium)
        if template is None:
            return message.code if self.code == ENGLISH else catalogue(ENGLISH).words(message, medium)
        filled = {name: self._filled(value, medium) for name, value in values.items()}
        return _Filling(self).vformat(template, (), filled)

    def number(self, value: float, form: str = ",") -> str:
        """As the language writes it; `form` is a format of Python's."""
        return format(value, form).translate(str.maketrans(",.", self.marks))

    def template(self, message: Message, medium: Medium | None = None) -> str | None:
        """The one that fits the medium and the count best."""
        single = dict(message.values).get("count") == 1
        codes = [f"{message.code}#one", message.code] if single else [message.code]
        asked = [f"{code}@{medium}" for code in codes] + codes if medium else codes
        return next((self.messages[code] for code in asked if code in self.messages), None)

    def _filled(self, value: Value, medium: Medium | None) -> str | int | float:
        if isinstance(value, Message):
            return self.words(value, medium)
        return self._all(value, medium) if isinstance(value, tuple) else value

    def _all(self, parts: Value, medium: Medium | None) -> str:
        return self.gap.join(self.words(part, medium) for part in parts) if isinstance(parts, tuple) else str(parts)


class _Filling(string.Formatter):
    """`str.format`, with numbers as the language writes them."""

    def __init__(self, words: Catalogue) -> None:
        self._words = words

    def format_field(self, value: Any, format_spec: str) -> str:
        return self._words.number(value, format_spec) if isinstance(value, int | float) else format(value, format_spec)


@lru_cache
def catalogue(language: str) -> Catalogue:
    """English where there is none of that language."""
    path = _FOLDER / f"{language}.json"
    if not path.is_file():
        return catalogue(ENGLISH)
    stored = json.loads(path.read_text(encoding="utf-8"))
    name, window = stored["language"], stored.get("window", {})
    return Catalogue(language, name, stored["gap"], stored["marks"], stored["messages"], window)


@lru_cache
def languages() -> dict[str, str]:
    """The languages that the window speaks, English first: code and own name. A new file is a new language; one without
    "window" only brings the words of an answer, for questions in that language.
    """
    codes = sorted((path.stem for path in _FOLDER.glob("*.json")), key=lambda code: (code != ENGLISH, code))
    return {code: catalogue(code).name for code in codes if code == ENGLISH or catalogue(code).window}


def to_data(message: Message) -> Any:
    """As plain data for JSON: a text where it is literal, else {"code": ..., "values": {...}}."""
    if message.code in ("", _LITERAL):
        return str(message)
    return {"code": message.code, "values": {name: _value_to_data(value) for name, value in message.values}}


def from_data(data: Any) -> Message:
    """The reverse. Raises TypeError, ValueError or LookupError for what is none."""
    if isinstance(data, str):
        return literal(data)
    if not isinstance(data["code"], str):
        raise TypeError("the code of a message is a text")
    return say(data["code"], **{str(name): _value_from_data(value) for name, value in data["values"].items()})


def to_text(message: Message) -> str:
    """For a column of a database."""
    return str(message) if message.code in ("", _LITERAL) else json.dumps(to_data(message), ensure_ascii=False)


def from_text(text: str) -> Message:
    """The reverse. Words that an older version stored are literal."""
    if text.startswith('{"code":'):
        try:
            return from_data(json.loads(text))
        except (TypeError, ValueError, LookupError):
            pass
    return literal(text)


def _value_to_data(value: Value) -> Any:
    if isinstance(value, Message):
        return {"code": value.code, "values": {name: _value_to_data(inner) for name, inner in value.values}}
    return [_value_to_data(part) for part in value] if isinstance(value, tuple) else value


def _value_from_data(value: Any) -> Value:
    if isinstance(value, dict):
        return from_data(value)
    if isinstance(value, list):
        return tuple(from_data(part) for part in value)
    if not isinstance(value, (str, int, float)):
        raise TypeError("not a value of a message")
    return value
