"""The catalogues are complete, fit the code, and keep every {placeholder}."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kit.text import LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parents[3]
PLACEHOLDER = re.compile(r"\{\w*\}")
FOREIGN = [code for code in LANGUAGES if code != "en"]


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / "app").rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def words_of(call: ast.Call) -> list[ast.expr]:
    """The arguments of tr() and tr_count() that are to be translated."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return {"tr": call.args[:1], "tr_count": call.args[1:3]}.get(name, [])


def window_words() -> dict[str, str]:
    """Every sentence of the window, and a file that says it. Anything but a literal fails here."""
    found: dict[str, str] = {}
    for path, tree in trees():
        if path.name == "text.py":
            continue
        for node in ast.walk(tree):
            for argument in words_of(node) if isinstance(node, ast.Call) else []:
                where = f"{path.relative_to(ROOT)}:{argument.lineno}"
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
