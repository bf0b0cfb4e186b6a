"""Every metric against a case computed by hand, and against what must hold for any input."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.evaluate import metrics
from tests.benchmarks.span_overlap import span_overlap

gain_lists = st.lists(st.sampled_from([0.0, 1.0]), max_size=12)
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda p: (min(p), max(p))), max_size=6)
scored = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.9]), st.booleans()), max_size=25)


def test_ndcg_of_a_list_worked_out_by_hand() -> None:
    # ranks 2 and 3 relevant, three relevant in all:
    # (1/log2(3) + 1/log2(4)) / (1/log2(2) + 1/log2(3) + 1/log2(4)) = 1.130930 / 2.130930
    assert metrics.ndcg_at_k([0, 1, 1, 0], [1, 1, 1], 10) == pytest.approx(0.530721, abs=1e-6)


def test_ndcg_counts_no_more_than_k_ranks_on_both_sides() -> None:
    assert metrics.ndcg_at_k([1, 0, 1], [1, 1, 1], 1) == 1.0
    assert metrics.ndcg_at_k([0, 0, 1], [1], 2) == 0.0


def test_ndcg_without_anything_relevant_is_zero() -> None:
    assert metrics.ndcg_at_k([0, 0], [], 10) == 0.0


def test_graded_gains_prefer_the_better_passage_first() -> None:
    assert metrics.ndcg_at_k([1.0, 0.5], [1.0, 0.5], 10) == 1.0
    # (0.5/1 + 1/log2(3)) / (1/1 + 0.5/log2(3))
    assert metrics.ndcg_at_k([0.5, 1.0], [1.0, 0.5], 10) == pytest.approx(1.1309298 / 1.3154649)


def test_reciprocal_rank_and_recall() -> None:
    assert metrics.reciprocal_rank_at_k([0, 0, 1, 1], 10) == pytest.approx(1 / 3)
    assert metrics.reciprocal_rank_at_k([0, 0, 1], 2) == 0.0
    assert metrics.recall_at_k([0, 1, 0, 1], 4, 3) == 0.25
    assert metrics.recall_at_k([1, 1], 1, 5) == 1.0, "two overlapping passages cannot find one excerpt twice"


@given(gain_lists, st.integers(1, 12))
def test_ranking_metrics_stay_between_zero_and_one(gains: list[float], k: int) -> None:
    relevant = [gain for gain in gains if gain]
    for value in (
        metrics.ndcg_at_k(gains, relevant, k),
        metrics.reciprocal_rank_at_k(gains, k),
        metrics.recall_at_k(gains, len(relevant), k),
    ):
        assert 0.0 <= value <= 1.0


@given(gain_lists)
def test_the_ideal_order_is_perfect(gains: list[float]) -> None:
    relevant = [gain for gain in gains if gain]
    if relevant:
        assert metrics.ndcg_at_k(sorted(gains, reverse=True), relevant, 20) == pytest.approx(1.0)


def test_overlap_of_text_worked_out_by_hand() -> None:
    # wanted 10..30 (20), retrieved 0..20 and 10..20 (30 in all, 10 of them twice): covered 10
    overlap = span_overlap([(0, 20), (10, 20)], [(10, 30)])
    assert overlap.recall == 0.5
    assert overlap.precision == pytest.approx(10 / 30)
    assert overlap.iou == pytest.approx(10 / 40)


@given(spans, spans)
def test_overlap_equals_counting_characters(retrieved: list[tuple[int, int]], wanted: list[tuple[int, int]]) -> None:
    got = {i for start, end in retrieved for i in range(start, end)}
    want = {i for start, end in wanted for i in range(start, end)}
    fetched = sum(end - start for start, end in retrieved)
    overlap = span_overlap(retrieved, wanted)
    assert overlap.recall == (len(got & want) / len(want) if want else 0.0)
    assert overlap.precision == (len(got & want) / fetched if fetched else 0.0)
    assert 0.0 <= overlap.iou <= min(1.0, overlap.recall or 1.0)


@pytest.mark.parametrize(
    ("predicted", "reference", "exact", "f1"),
    [
        ("The seven years.", "seven years", 1.0, 1.0),
        ("It is seven years", "seven years", 0.0, 2 * 2 / 6),
        ("25 days", "seven years", 0.0, 0.0),
        ("", "seven years", 0.0, 0.0),
        ("Ｃａｆé", "cafe", 1.0, 1.0),
        ("１０年間。", "10年間", 1.0, 1.0),
        ("保存期間は10年間です", "10年間", 0.0, 2 * 4 / 15),
    ],
)
def test_answers_are_compared_as_squad_does_and_by_character_in_japanese(
    predicted: str, reference: str, exact: float, f1: float
) -> None:
    assert metrics.exact_match(predicted, reference) == exact
    assert metrics.answer_f1(predicted, reference) == pytest.approx(f1)


def test_a_whole_sentence_that_holds_the_reference_has_full_recall() -> None:
    assert metrics.answer_recall("Closed files are kept for seven years. [1]", "seven years") == 1.0
    assert metrics.answer_recall("I do not know.", "seven years") == 0.0
    assert metrics.answer_recall("保存期間は12年です。", "12") == 1.0


@given(st.text(max_size=40))
def test_every_answer_equals_itself(text: str) -> None:
    assert metrics.exact_match(text, text) == 1.0
    assert metrics.answer_f1(text, text) == 1.0


def test_abstention_worked_out_by_hand() -> None:
    answerable = [True, True, True, True, False, False]
    relevance = [0.9, 0.8, 0.3, 0.7, 0.2, 0.75]
    abstained = [False, False, True, False, True, False]
    result = metrics.abstention(answerable, relevance, abstained)
    assert (result.precision, result.recall, result.false_alarms) == (0.5, 0.5, 0.25)
    # of the 4 x 2 pairs, only 0.3 and 0.7 against 0.75 are in the wrong order
    assert result.auroc == pytest.approx(6 / 8)


def test_what_had_no_case_is_not_a_number() -> None:
    nothing_refused = metrics.abstention([True], [0.9], [False])
    assert math.isnan(nothing_refused.precision)
    assert math.isnan(nothing_refused.recall)
    assert math.isnan(nothing_refused.auroc)
    assert math.isnan(metrics.mean([]))


@given(scored)
def test_auroc_equals_counting_pairs(cases: list[tuple[float, bool]]) -> None:
    positive = [score for score, is_positive in cases if is_positive]
    negative = [score for score, is_positive in cases if not is_positive]
    value = metrics.auroc([score for score, _ in cases], [is_positive for _, is_positive in cases])
    if not positive or not negative:
        assert math.isnan(value)
        return
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    assert value == pytest.approx(wins / (len(positive) * len(negative)))


def test_calibration_error_worked_out_by_hand() -> None:
    # bin 0.9..1: promised 0.95 twice, happened once (|1.9 - 1|); bin 0.1..0.2: promised 0.1, did not happen (0.1)
    error = metrics.expected_calibration_error([0.95, 0.95, 0.1], [True, False, False])
    assert error == pytest.approx((0.9 + 0.1) / 3)
    assert metrics.expected_calibration_error([1.0, 0.0], [True, False]) == 0.0
