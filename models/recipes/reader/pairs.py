"""From texts to token ids: how a question, or a sentence to check, and a passage are put before the reader.

"[CLS] question [SEP] subject newline passage [SEP]"; the question is cut at `QUESTION_TOKENS`, the subject at
`SUBJECT_TOKENS`, the whole at a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tokenizers

QUESTION_TOKENS = 64
SUBJECT_TOKENS = 24

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Pair:
    """`ids` (tokens,); the passage's tokens begin at `passage_at`.

    `start` and `end` (inclusive) are the answer's tokens, 0 where there is none.
    """

    ids: Ids
    passage_at: int
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class _Text:
    ids: Ids
    offsets: npt.NDArray[np.int32]


class PairEncoder:
    """Remembers passages: a negative stands in many groups."""

    def __init__(self, tokenizer: Path, max_tokens: int) -> None:
        self._tokenizer = tokenizers.Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        vocabulary = self._tokenizer.get_vocab()
        self._cls, self._sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
        self._max = max_tokens
        self._known: dict[str, _Text] = {}

    def pair(self, question: str, subject: str, passage: str, span: tuple[int, int] | None = None) -> Pair:
        """`span` in characters of `passage`; a span that is cut off counts as no answer."""
        asked = self._text(question).ids[:QUESTION_TOKENS]
        named = self._text(subject).ids[:SUBJECT_TOKENS] if subject else self._text("").ids
        text = self._text(passage)
        head = np.concatenate(([self._cls], asked, [self._sep], named))
        room = self._max - len(head) - 1
        ids = np.concatenate((head, text.ids[:room], [self._sep])).astype(np.int32)
        first, last = self._tokens_of(text, span, room) if span else (-1, -1)
        if last < 0:
            return Pair(ids, len(head))
        return Pair(ids, len(head), len(head) + first, len(head) + last)

    def _tokens_of(self, text: _Text, span: tuple[int, int], room: int) -> tuple[int, int]:
        touched = np.flatnonzero((text.offsets[:, 1] > span[0]) & (text.offsets[:, 0] < span[1]))
        if not len(touched) or touched[-1] >= room:
            return -1, -1
        return int(touched[0]), int(touched[-1])

    def _text(self, text: str) -> _Text:
        known = self._known.get(text)
        if known is None:
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            offsets = np.array(encoding.offsets, np.int32).reshape(-1, 2)
            known = self._known[text] = _Text(np.array(encoding.ids, np.int32), offsets)
        return known
