"""A choice as a list of choices shows it."""

from __future__ import annotations

from dataclasses import dataclass

from app.kit.text import tr


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list of choices."""

    value: object
    text: str


def text_of(value: object, choices: list[Choice]) -> str:
    """The words for `value`; the value itself where it is none of the choices."""
    return next((choice.text for choice in choices if choice.value == value), tr("Own value: {value}", value=value))
