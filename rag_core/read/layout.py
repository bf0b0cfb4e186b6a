"""From texts to what the graph takes: "[CLS] question [SEP] subject passage [SEP]" as token ids.

It is the layout that the reader was trained with (`models.recipes.reader.pairs`): the three texts are tokenised
apart, the
question and the subject are cut at their limits, and the passage has the rest. A passage that is longer is read in a
second window, which overlaps the first one: what stands across the cut is read whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_core.read.description import ReaderSpec
from rag_core.runtime.tokenizer import PackTokenizer, TokenIds, Tokens

WINDOWS = 2
OVERLAP_TOKENS = 64  # longer than almost every answer with what tells that it is one
# Far more than a token has in any language: a text that is longer than all windows is not tokenised to its end.
_CHARS_PER_TOKEN = 32

Words = tuple[str, str, str]  # question (or sentence to check), subject (or ""), text


@dataclass(frozen=True, slots=True)
class TextWindow:
    """One run's worth of a text: `ids` (tokens,). Its own tokens begin at `passage_at` and lie in the text at `offsets`
    (characters, (its tokens, 2)).
    """

    ids: TokenIds
    passage_at: int
    offsets: npt.NDArray[np.int32]


class Layout:
    """Safe to use from several threads. Raises PackCorrupt for a tokenizer without BERT's special tokens."""

    def __init__(self, spec: ReaderSpec, tokenizer: PackTokenizer) -> None:
        self.spec = spec
        self._tokenizer = tokenizer
        self._cls, self._sep = tokenizer.special("[CLS]"), tokenizer.special("[SEP]")
        self.empty: TokenIds = np.array([self._cls, self._sep, self._sep], np.int64)  # no question to no text

    def windows(self, words: Sequence[Words]) -> list[tuple[TextWindow, ...]]:
        """For each the windows that its text is read in: one or two, none for a text without tokens."""
        distinct = list(dict.fromkeys(text for part in words for text in part))
        chars = WINDOWS * self.spec.max_tokens * _CHARS_PER_TOKEN
        known = dict(zip(distinct, self._tokenizer.tokens_batch(distinct, chars), strict=True))
        return [self._of(known[question], known[subject], known[text]) for question, subject, text in words]

    def _of(self, question: Tokens, subject: Tokens, text: Tokens) -> tuple[TextWindow, ...]:
        asked, named = question.ids[: self.spec.question_tokens], subject.ids[: self.spec.subject_tokens]
        head = np.concatenate(([self._cls], asked, [self._sep], named)).astype(np.int64)
        room = self.spec.max_tokens - len(head) - 1
        step = room - min(OVERLAP_TOKENS, room // 2)
        last = max(0, len(text.ids) - room)  # where a window reaches the text's end
        starts = [0, *([step] if last else [])] if len(text.ids) else []
        return tuple(self._window(head, text, start, start + room) for start in starts)

    def _window(self, head: TokenIds, text: Tokens, start: int, end: int) -> TextWindow:
        ids = np.concatenate((head, text.ids[start:end], [self._sep]))
        return TextWindow(ids, len(head), text.offsets[start:end])
