"""From logits to what they say of a text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rag_core.read.description import END, RELEVANCE, START, SUPPORT, ReaderSpec, Scale
from rag_core.read.layout import TextWindow
from rag_core.read.spans import Span, tidy
from rag_core.types import FloatArray, Reading

ANSWER_TOKENS = 40  # the longest answer that is looked for


class Logits(NamedTuple):
    """Of one window: `judged` (2,), `spans` (tokens, 2); see `read.description`."""

    judged: FloatArray
    spans: FloatArray


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model says of one text, in logits.

    `no_answer` is start + end of position 0, `best` that of the likeliest words; `span` are these words, characters of
    the text, whichever of the two is higher. None where the text has no words.
    """

    relevance: float
    support: float
    no_answer: float
    best: float
    span: Span | None

    @property
    def answered(self) -> float:
        return self.best - self.no_answer

    @property
    def marked(self) -> Span | None:
        """The words, where they are likelier than "no answer"."""
        return self.span if self.answered > 0 else None


NOTHING = Judgement(-math.inf, -math.inf, 0.0, -math.inf, None)  # is said of a text without words


def judge(window: TextWindow, logits: Logits) -> Judgement:
    """Of one window; its span are the tokens' characters as they are."""
    own = logits.spans[window.passage_at : window.passage_at + len(window.offsets)]
    first, last = _best(own)
    return Judgement(
        relevance=float(logits.judged[RELEVANCE]),
        support=float(logits.judged[SUPPORT]),
        no_answer=float(logits.spans[0, START] + logits.spans[0, END]),
        best=float(own[first, START] + own[last, END]),
        span=(int(window.offsets[first, 0]), int(window.offsets[last, 1])),
    )


def _best(own: FloatArray) -> tuple[int, int]:
    """First and last token of the likeliest words: the end not before the start, at most ANSWER_TOKENS long."""
    widths = min(ANSWER_TOKENS, len(own))
    ends = np.concatenate((own[:, END], np.full(widths - 1, -np.inf, np.float32)))
    scores = own[:, START, None] + np.lib.stride_tricks.sliding_window_view(ends, widths)
    first, width = divmod(int(np.argmax(scores)), widths)
    return first, first + width


def merged(parts: Sequence[Judgement], text: str) -> Judgement:
    """Of a text's windows: each is believed where it is surest. The span becomes whole words of `text`."""
    if not parts:
        return NOTHING
    surest = max(parts, key=lambda part: part.answered)
    return Judgement(
        relevance=max(part.relevance for part in parts),
        support=max(part.support for part in parts),
        no_answer=surest.no_answer,
        best=surest.best,
        span=tidy(text, surest.span) if surest.span is not None else None,
    )


def reading(judgement: Judgement, spec: ReaderSpec) -> Reading:
    """In calibrated probabilities. `span` is None where the model finds "no answer" likelier than its words.

    Whether the words are right is another matter: a person is shown doubtful ones, too, as what they are.
    """
    answered = probability(judgement.answered, spec.answered)
    return Reading(probability(judgement.relevance, spec.relevance), judgement.marked, answered)


def probability(logit: float, scale: Scale) -> float:
    """Written so that no logit overflows."""
    return 0.5 * (1.0 + math.tanh((scale.slope * logit + scale.offset) / 2))
