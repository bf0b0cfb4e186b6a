"""Reciprocal rank fusion: the formula, and what follows from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.retrieve.fusion import fuse
from rag_core.retrieve.neighbours import ends_sentence

RESULTS = st.lists(st.integers(1, 30), unique=True, max_size=20).map(
    lambda ids: [(chunk, 1.0 - at / 100) for at, chunk in enumerate(ids)]
)


def test_the_sum_of_reciprocal_ranks() -> None:
    first, second, third = fuse([(1, 0.9), (2, 0.8)], [(2, 7.5), (3, 7.0)])
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
    alone = {c.chunk_id: c.fused_score for c in fuse(dense, [])}
    assert all(c.fused_score >= alone.get(c.chunk_id, 0.0) for c in fused)


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
