"""What a child says to its parent, as JSON: plain data, so that a child that was taken over can only lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag_core import errors
from rag_core.errors import DocumentUnreadable, UserError
from rag_core.messages import from_data, to_data


@dataclass(frozen=True, slots=True)
class LastWords:
    """What a child sends before it ends: the reason why its document could not be read."""

    reason: UserError


def packed_error(error: UserError | LastWords) -> bytes:
    """What a child of any kind says when it could not do what was asked."""
    kind, reason = ("last", error.reason) if isinstance(error, LastWords) else ("refused", error)
    return dumped([kind, type(reason).__name__, to_data(reason.message), to_data(reason.advice)])


def error_of(message: Sequence[Any]) -> UserError | LastWords:
    """The reverse, from `loaded`."""
    kind, name, text, advice = message
    error = _KINDS.get(name, DocumentUnreadable)(from_data(text), from_data(advice))
    return LastWords(error) if kind == "last" else error


def loaded(payload: bytes) -> list[Any]:
    """A message of a child as plain data: a list that begins with its kind."""
    message = json.loads(payload.decode("utf-8", errors="surrogatepass"))
    if not isinstance(message, list):
        raise TypeError("not a message of a child")
    return message


def dumped(message: list[Any]) -> bytes:
    """The reverse of `loaded`."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="surrogatepass")


_KINDS: dict[str, type[UserError]] = {
    kind.__name__: kind
    for kind in (
        errors.UnsupportedDocument,
        errors.DocumentUnreadable,
        errors.DocumentOutOfReach,
        errors.UserError,
    )
}
