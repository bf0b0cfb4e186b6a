"""Messages are data: whole across processes and in a database, put into words by whoever shows them."""

from __future__ import annotations

import ast
import json
import pickle
import re

import pytest

from rag_core import errors
from rag_core.errors import UserError
from rag_core.messages import (
    NOTHING,
    Catalogue,
    Message,
    catalogue,
    from_data,
    from_text,
    joined,
    languages,
    literal,
    say,
    to_data,
    to_text,
)
from tests.source_code import nodes

FIELD = re.compile(r"\{(\w+)[^}]*\}")
WORDS = Catalogue(
    "en",
    "English",
    messages={
        "gone": "“{name}” is gone.",
        "found": "{count:,} found.",
        "found#one": "One found.",
        "choose": "Choose {what}.",
        "choose@command_line": "Run alcove use {what}.",
        "another": "another one",
    },
)
MESSAGES = [
    NOTHING,
    literal("Session lost (0x1f)."),
    say("gone", name="{a} “b”"),
    say("found", count=1200),
    say("choose", what=say("another")),
    joined((say("gone", name="a"), literal("Why?"))),
]


def test_words_are_those_of_the_count_and_the_medium() -> None:
    assert WORDS.words(say("found", count=1200)) == "1,200 found."
    assert WORDS.words(say("found", count=1)) == "One found."
    assert WORDS.words(say("choose", what="b")) == WORDS.words(say("choose", what="b"), "window") == "Choose b."
    assert WORDS.words(say("choose", what="b"), "command_line") == "Run alcove use b."


def test_numbers_are_written_as_the_language_writes_them() -> None:
    german = Catalogue("de", "Deutsch", marks=".,", messages={"size": "{count:,} zu {size:.1f} MB, Nr. {name}"})
    assert german.words(say("size", count=1200, size=2.5, name="1,2.3")) == "1.200 zu 2,5 MB, Nr. 1,2.3"


def test_a_value_is_never_a_template() -> None:
    assert WORDS.words(say("gone", name="{name.__class__} %s {0}")) == "“{name.__class__} %s {0}” is gone."


def test_a_message_in_a_message_and_several_in_a_row() -> None:
    assert WORDS.words(say("choose", what=say("another"))) == "Choose another one."
    twice = joined((say("gone", name="a"), NOTHING, literal("Why?"), say("gone", name="a")))
    assert WORDS.words(twice) == "“a” is gone. Why?"
    assert joined((NOTHING, say("gone", name="a"))) == say("gone", name="a") and not joined(())


def test_nothing_has_no_words() -> None:
    assert not NOTHING and str(NOTHING) == "" and not literal("")


@pytest.mark.parametrize("message", MESSAGES, ids=repr)
def test_it_is_whole_after_a_journey(message: Message) -> None:
    assert pickle.loads(pickle.dumps(message)) == message == from_text(to_text(message))
    assert from_data(json.loads(json.dumps(to_data(message)))) == message


def test_what_an_older_version_stored_is_shown_as_it_is() -> None:
    assert from_text("It is encrypted.") == literal("It is encrypted.")
    assert from_text('{"code": 7}') == literal('{"code": 7}')


@pytest.mark.parametrize("data", [7, {"code": 7, "values": {}}, {"code": "a", "values": {"b": None}}, {"values": {}}])
def test_data_that_is_no_message_is_refused(data: object) -> None:
    with pytest.raises((TypeError, ValueError, LookupError)):
        from_data(data)


def test_an_error_carries_two_and_survives_a_process_border() -> None:
    error = UserError(say("gone", name="a"), say("choose", what="b"))
    back = pickle.loads(pickle.dumps(error))
    assert (back.message, back.advice) == (say("gone", name="a"), say("choose", what="b"))
    assert back.whole == joined((back.message, back.advice))


def said_in_the_code() -> dict[str, set[str]]:
    """Every code that `say` is called with, and the values it is ever given. Anything but a literal code fails here."""
    found: dict[str, set[str]] = {}
    for folder in ("app", "rag_core", "models"):
        for place, node in nodes(folder, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "say" and not place.endswith("/messages.py"):
                code = node.args[0]
                assert isinstance(code, ast.Constant) and isinstance(code.value, str), (
                    f"not a literal: {place}:{node.lineno}"
                )
                found.setdefault(code.value, set()).update(word.arg or "**" for word in node.keywords)
    return found


def test_no_error_is_written_in_english_where_it_is_raised() -> None:
    """What is not a message with a code could not be said in another language."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, UserError)}
    found = [
        f"{place}:{node.lineno}"
        for folder in ("app", "rag_core", "models")
        for place, node in nodes(folder, ast.Call)
        if not place.startswith("models/training/")  # not for a person who uses the program
        if isinstance(node.func, ast.Name) and node.func.id in {*kinds, "literal"}
        if any(_is_sentence(said) for said in node.args)
    ]
    assert not found


def _is_sentence(said: ast.expr) -> bool:
    """Two words at least, written in the code, and no command."""
    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
    written = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return any(len(re.findall(r"[A-Za-z]{2,}", text)) > 1 for text in written if not text.startswith("alcove "))


def base(code: str) -> str:
    return re.split("[#@]", code)[0]


def test_english_has_words_for_all_that_is_said_and_no_others() -> None:
    said, english = said_in_the_code(), catalogue("en").messages
    assert not set(said) - set(english)
    assert not {base(code) for code in english} - set(said)
    wrong = {
        code: FIELD.findall(text)
        for code, text in english.items()
        if "**" not in said[base(code)] and not set(FIELD.findall(text)) <= said[base(code)]
    }
    assert not wrong


@pytest.mark.parametrize("language", [code for code in languages() if code != "en"])
def test_every_language_is_complete_and_keeps_the_values(language: str) -> None:
    own, english = catalogue(language).messages, catalogue("en").messages
    assert not {base(code) for code in english} - set(own)
    assert not {base(code) for code in own} - set(english)
    assert not [
        code for code, text in own.items() if not set(FIELD.findall(text)) <= set(FIELD.findall(english[base(code)]))
    ]
