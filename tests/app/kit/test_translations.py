"""The catalogues are complete, fit the code, and keep every {placeholder}."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from app.kit.text import LANGUAGES, catalogue
from tests.source_code import nodes

PLACEHOLDER = re.compile(r"\{\w*\}")
FOREIGN = [code for code in LANGUAGES if code != "en"]


def words_of(call: ast.Call) -> list[ast.expr]:
    """The arguments of tr() and tr_count() that are to be translated."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return {"tr": call.args[:1], "tr_count": call.args[1:3]}.get(name, [])


@cache
def window_words() -> dict[str, str]:
    """Every sentence of the window, and a file that says it. Anything but a literal fails here."""
    found: dict[str, str] = {}
    for place, node in nodes("app", ast.Call):
        if place.endswith("/text.py"):
            continue
        for argument in words_of(node):
            where = f"{place}:{argument.lineno}"
            assert isinstance(argument, ast.Constant) and isinstance(argument.value, str), f"not a literal: {where}"
            found[argument.value] = where
    return found


@pytest.mark.parametrize("code", FOREIGN)
def test_every_word_of_the_window_is_translated(code: str) -> None:
    missing = {text: where for text, where in window_words().items() if text not in catalogue(code)}
    assert not missing


@pytest.mark.parametrize("code", FOREIGN)
def test_no_translation_is_left_over(code: str) -> None:
    assert not set(catalogue(code)) - set(window_words())


@pytest.mark.parametrize("code", FOREIGN)
def test_placeholders_are_kept(code: str) -> None:
    own = catalogue(code)
    assert not [text for text, said in own.items() if set(PLACEHOLDER.findall(said)) != set(PLACEHOLDER.findall(text))]
