"""Text out of tokens as they come: never half a character, never a token that is not text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_INCOMPLETE = "\ufffd"


class TextStream:
    """Feed tokens, get the text that has become certain.

    A character may be spread over several tokens; decoding too few of them ends in U+FFFD, which is held back until
    the next token completes it. One that never completes is dropped.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._shown = ""

    def feed(self, token: int) -> str:
        self._tokens.append(token)
        text = self._decode(self._tokens)
        return "" if text.endswith(_INCOMPLETE) else self._fresh(text)  # what ends so may yet become a character

    def finish(self) -> str:
        """What is left when no token follows."""
        return self._fresh(self._decode(self._tokens)) if self._tokens else ""

    def _fresh(self, text: str) -> str:
        # Some decoders tidy spaces up when more follows; what was shown stays, only what goes beyond it is new.
        fresh = text.replace(_INCOMPLETE, "")[len(self._shown) :]
        self._shown += fresh
        return fresh
