"""Reciprocal rank fusion: the formula, and what follows from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.retrieve.fusion import Candidate, fuse, reorder
from rag_core.retrieve.neighbours import ends_sentence

RESULTS = st.lists(st.integers(1, 30), unique=True, max_size=20).map(
    lambda ids: [(chunk, 1.0 - at / 100) for at, chunk in enumerate(ids)]
)


def test_the_sum_of_reciprocal_ranks() -> None:
    first, second, third = fuse(
        [(1, 0.9), (2, 0.8)], [(2, 7.5), (3, 7.0)], score_weight=0, dense_weight=1, lexical_weight=1
    )
    assert (first.chunk_id, first.dense_score, first.lexical_score) == (2, 0.8, 7.5)
    assert first.fused_score == pytest.approx(1 / 62 + 1 / 61)
    assert (second.chunk_id, second.lexical_score) == (1, None)
    assert (third.chunk_id, third.dense_score) == (3, None)


@given(RESULTS, RESULTS)
def test_everything_found_is_kept_once_and_being_found_twice_never_hurts(
    dense: list[tuple[int, float]], lexical: list[tuple[int, float]]
) -> None:
    fused = fuse(dense, lexical)
    assert sorted(c.chunk_id for c in fused) == sorted({chunk for chunk, _ in (*dense, *lexical)})
    assert [c.fused_score for c in fused] == sorted((c.fused_score for c in fused), reverse=True)
    places = {chunk: place for place, chunk in enumerate(c.chunk_id for c in fused)}
    both = {chunk for chunk, _ in dense} & {chunk for chunk, _ in lexical}
    for at, (better, _) in enumerate(dense):
        for worse, _ in dense[at + 1 :]:
            if better in both and worse not in both:
                assert places[better] < places[worse]


def test_a_list_that_is_sure_of_its_best_wins_over_one_that_is_not() -> None:
    sure_lexical = [(1, 20.0), (2, 4.0), (3, 3.9)]
    unsure_dense = [(3, 0.52), (2, 0.515), (1, 0.51)]
    assert fuse(unsure_dense, sure_lexical)[0].chunk_id == 1
    assert fuse([(3, 0.9), (2, 0.3), (1, 0.29)], [(1, 5.0), (2, 4.9), (3, 4.8)])[0].chunk_id == 3


def test_a_chunk_that_waits_for_its_vector_is_not_held_back() -> None:
    dense, lexical = [(1, 0.2), (2, 0.19)], [(9, 8.0), (2, 7.0), (1, 1.0)]
    assert fuse(dense, lexical, without_vector={9})[0].chunk_id == 9


def test_a_list_with_weight_zero_is_left_out() -> None:
    dense, lexical = [(1, 0.9), (2, 0.5)], [(2, 8.0), (3, 7.0)]
    assert [c.chunk_id for c in fuse(dense, lexical, dense_weight=0)] == [2, 3]
    assert [c.chunk_id for c in fuse(dense, lexical, lexical_weight=0)] == [1, 2]


def test_scores_that_say_nothing_are_not_divided_by() -> None:
    assert [c.chunk_id for c in fuse([(1, -0.1), (2, -0.2)], [(2, 0.0)])] == [2, 1]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("It is done.", True),
        ("Is it? ", True),
        ("He said “yes.”", True),
        ("それは終わりです。", True),
        ("「はい。」", True),
        ("A heading\n", True),
        ("and then the", False),
        ("as follows:", False),
        ("それは", False),
        ("", True),
    ],
)
def test_where_a_sentence_ends(text: str, whole: bool) -> None:
    assert ends_sentence(text) is whole


def test_a_second_look_prefers_what_holds_the_questions_rare_words() -> None:
    alike = [Candidate(1, 0.03, 0.50, 9.0), Candidate(2, 0.02, 0.48, 9.0)]
    assert [c.chunk_id for c in reorder(alike, {1: 0.1, 2: 0.9})] == [2, 1]


def test_a_second_look_does_not_push_down_what_has_no_vector_yet() -> None:
    candidates = [Candidate(1, 0.03, 0.6, 5.0), Candidate(2, 0.02, 0.2, 1.0), Candidate(3, 0.02, None, 9.0)]
    waiting = reorder(candidates, {1: 0.5, 2: 0.5, 3: 0.9}, without_vector={3})
    assert waiting[0].chunk_id == 3
    assert [c.fused_score for c in waiting] == sorted((c.fused_score for c in waiting), reverse=True)
