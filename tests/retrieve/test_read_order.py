"""What a reader says of the candidates decides their order, and never against them."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st

from rag_core.retrieve.fusion import Candidate
from rag_core.retrieve.read_order import LIKED, ReaderWeights, order_read
from rag_core.types import Reading

WEIGHTS = ReaderWeights(relevance=0.5, log_odds=0.1, answer=0.1, unread=0.05)
scores = st.floats(0, 2)
shares = st.floats(0, 1)
readings = st.one_of(st.none(), st.builds(lambda said, sure: Reading(said, (0, 1), sure), shares, shares))
shortlists = st.lists(st.tuples(scores, readings), min_size=1, max_size=8)


def ranked(nearness: list[float], said: list[Reading | None]) -> list[int]:
    order = sorted(range(len(nearness)), key=lambda at: -nearness[at])
    candidates = [Candidate(at, nearness[at]) for at in order]
    return [c.chunk_id for c in order_read(candidates, {n: r for n, r in enumerate(said) if r is not None}, WEIGHTS)]


def test_without_a_reading_the_order_is_that_of_the_fusion() -> None:
    candidates = [Candidate(7, 0.3), Candidate(1, 0.2)]
    assert order_read(candidates, {}, WEIGHTS) == candidates


def test_what_answers_comes_first() -> None:
    assert ranked([0.9, 0.8, 0.7], [Reading(0.02), Reading(0.01), Reading(0.97)]) == [2, 0, 1]


def test_where_the_reader_sees_no_difference_nearness_decides() -> None:
    assert ranked([0.7, 0.9, 0.8], [Reading(0.01)] * 3) == [1, 2, 0]


def test_an_unread_candidate_stands_below_what_was_liked_however_near_it_is() -> None:
    assert ranked([9.0, 0.1, 0.5], [None, Reading(0.6), None]) == [1, 0, 2]


def test_an_unread_candidate_may_be_better_than_what_was_read_and_refused() -> None:
    assert ranked([0.8, 0.7], [Reading(0.0001), None]) == [1, 0]


@given(shortlists, st.data())
def test_what_the_reader_likes_more_never_stands_lower_for_it(
    shortlist: list[tuple[float, Reading | None]], data: st.DataObject
) -> None:
    nearness, said = [score for score, _ in shortlist], [reading for _, reading in shortlist]
    at = data.draw(st.integers(0, len(said) - 1))
    before = said[at] or Reading(0.0)
    raised = replace(before, relevance=data.draw(st.floats(before.relevance, 1)))
    one = ranked(nearness, [before if place == at else reading for place, reading in enumerate(said)])
    other = ranked(nearness, [raised if place == at else reading for place, reading in enumerate(said)])
    assert other.index(at) <= one.index(at)


@given(shortlists)
def test_nothing_is_lost_and_all_that_is_liked_stands_above_all_that_is_unread(
    shortlist: list[tuple[float, Reading | None]],
) -> None:
    said = [reading for _, reading in shortlist]
    order = ranked([score for score, _ in shortlist], said)
    assert sorted(order) == list(range(len(shortlist)))
    liked = [order.index(at) for at, reading in enumerate(said) if reading and reading.relevance >= LIKED]
    unread = [order.index(at) for at, reading in enumerate(said) if reading is None]
    assert not liked or not unread or max(liked) < min(unread)


def test_the_shipped_weights_never_count_against_a_candidate() -> None:
    content = json.loads(files("rag_core.retrieve").joinpath("fusion.json").read_text(encoding="utf-8"))
    assert min(content["weights"].values()) >= 0.0
    assert 0.0 < content["unread"] < LIKED
