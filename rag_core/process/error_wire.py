"""What a child says to its parent, as JSON: plain data, so that a child that was taken over can only lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

from rag_core import errors
from rag_core.errors import UserError
from rag_core.messages import from_data, to_data
from rag_core.process.trouble import Kind, Trouble


def packed_error(error: UserError) -> bytes:
    """What a child says when it could not do what was asked."""
    return dumped(["refused", type(error).__name__, to_data(error.message), to_data(error.advice)])


def packed_trouble(trouble: Trouble) -> bytes:
    """The last words of a child."""
    return dumped(["last", trouble.kind, trouble.detail])


def error_of(message: Sequence[Any]) -> UserError | Trouble:
    """The reverse of both, from `loaded`."""
    if message[0] == "last":
        _, kind, detail = message
        return Trouble(_ENDS[kind], str(detail))
    _, name, text, advice = message
    return _KINDS[name](from_data(text), from_data(advice))


def loaded(payload: bytes) -> list[Any]:
    """A message of a child as plain data: a list that begins with its kind."""
    message = json.loads(payload.decode("utf-8", errors="surrogatepass"))
    if not isinstance(message, list):
        raise TypeError("not a message of a child")
    return message


def dumped(message: list[Any]) -> bytes:
    """The reverse of `loaded`."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="surrogatepass")


_ENDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_KINDS: dict[str, type[UserError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, UserError)
}
