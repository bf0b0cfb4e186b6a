"""From logits to words and probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.read.decoding import ANSWER_TOKENS, NOTHING, Judgement, Logits, judge, merged, probability, reading
from rag_core.read.description import ReaderSpec, Scale
from rag_core.read.layout import TextWindow
from rag_core.types import FloatArray

SPEC = ReaderSpec(256, 64, 24, "", (), Scale(), Scale(2.0, 1.0), Scale(0.5, -1.0))


def _window(words: int, before: int = 3) -> TextWindow:
    offsets = np.array([(3 * at, 3 * at + 2) for at in range(words)], np.int32)
    return TextWindow(np.zeros(before + words + 1, np.int64), before, offsets)


def _by_hand(spans: FloatArray, before: int, words: int) -> float:
    pairs = [(s, e) for s in range(words) for e in range(s, min(words, s + ANSWER_TOKENS))]
    return max(float(spans[before + s, 0] + spans[before + e, 1]) for s, e in pairs)


@given(st.integers(0, 10_000), st.integers(1, 120))
def test_the_best_words_are_found_and_only_in_the_passage(seed: int, words: int) -> None:
    window = _window(words)
    spans = np.random.default_rng(seed).normal(size=(len(window.ids), 2)).astype(np.float32)
    spans[[1, 2, -1]] = 50  # the question's and the separators' words would win
    judgement = judge(window, Logits(np.zeros(2, np.float32), spans))
    assert judgement.best == pytest.approx(_by_hand(spans, 3, words), abs=1e-5)
    assert judgement.no_answer == pytest.approx(float(spans[0].sum()), abs=1e-5)
    assert judgement.span is not None
    first, last = judgement.span[0] // 3, judgement.span[1] // 3
    assert spans[3 + first, 0] + spans[3 + last, 1] == pytest.approx(judgement.best, abs=1e-5)
    assert 0 <= last - first < ANSWER_TOKENS


def test_each_window_is_believed_where_it_is_surest() -> None:
    first = Judgement(relevance=2.0, support=-1.0, no_answer=3.0, best=1.0, span=(0, 3))
    second = Judgement(relevance=1.0, support=4.0, no_answer=0.0, best=0.5, span=(4, 7))
    assert merged([first, second], "one two") == Judgement(2.0, 4.0, 0.0, 0.5, (4, 7))
    assert merged([], "") == NOTHING


def test_probabilities_are_calibrated_and_no_logit_overflows() -> None:
    assert probability(0.25, Scale(2.0, 1.0)) == pytest.approx(1 / (1 + math.exp(-1.5)))
    assert [probability(x, Scale()) for x in (-math.inf, -1e9, 1e9, math.inf)] == [0.0, 0.0, 1.0, 1.0]


def test_words_are_given_only_where_they_are_likelier_than_no_answer() -> None:
    likely = Judgement(relevance=0.0, support=0.0, no_answer=1.0, best=3.5, span=(2, 5))
    found = reading(likely, SPEC)
    assert (found.relevance, found.span) == (0.5, (2, 5))
    assert found.span_probability == pytest.approx(1 / (1 + math.exp(-0.25)))
    doubtful = reading(Judgement(relevance=0.0, support=0.0, no_answer=2.0, best=3.5, span=(2, 5)), SPEC)
    assert doubtful.span == (2, 5)
    assert 0 < doubtful.span_probability < 0.5
    unlikely = reading(Judgement(relevance=0.0, support=0.0, no_answer=4.0, best=3.5, span=(2, 5)), SPEC)
    assert unlikely.span is None
    assert 0 < unlikely.span_probability < doubtful.span_probability
    assert reading(NOTHING, SPEC).relevance == reading(NOTHING, SPEC).span_probability == 0.0
