"""Learning the final order: it uses a reader that helps, and leaves alone one that does not. No weights, no sets."""

from __future__ import annotations

import random

import numpy as np
import pytest

from models.training.reader.fusing import Lists, learn, lists_of, ndcg, ordered, report, unread_relevance
from models.training.reader.shortlists import Asked, Listed
from rag_core.retrieve.read_order import ReaderWeights
from rag_core.types import Reading


def asked(domain: str, at: int, nearness_knows: float, rng: random.Random) -> Asked:
    """A question with 20 candidates, of which number `at` answers."""
    listed = sorted(
        (
            Listed("", f"t{n}", 0.5, 0.5, (n == at) * nearness_knows + rng.random(), float(n == at), None)
            for n in range(20)
        ),
        key=lambda one: -one.nearness,
    )
    return Asked(domain, "answerable", f"{domain}{at}?", 100, (1.0,), (0.0,) * 10, True, tuple(listed))


def read(one: Asked, reader_knows: float, rng: random.Random) -> list[Reading]:
    return [
        Reading(min(0.99, max(0.01, 0.05 + reader_knows * bool(c.grade) + 0.3 * rng.random()))) for c in one.candidates
    ]


def domain_of(name: str, nearness_knows: float, reader_knows: float) -> tuple[list[Asked], list[list[Reading]]]:
    rng = random.Random(name)
    questions = [asked(name, rng.randrange(20), nearness_knows, rng) for _ in range(60)]
    return questions, [read(one, reader_knows, rng) for one in questions]


def joined(*domains: tuple[list[Asked], list[list[Reading]]]) -> Lists:
    return lists_of([one for asked, _ in domains for one in asked], [one for _, said in domains for one in said])


def test_a_reader_that_knows_is_believed() -> None:
    lists = joined(domain_of("law", 0.3, 0.8), domain_of("cooking", 0.3, 0.6))
    weights = learn(lists, 0.05)
    nothing = ReaderWeights(0.0, 0.0, 0.0, 0.05)
    assert ndcg(lists, weights).mean() > ndcg(lists, nothing).mean() + 0.3


def test_a_reader_that_only_guesses_is_not() -> None:
    lists = joined(domain_of("law", 0.5, 0.0), domain_of("cooking", 0.5, -0.3))
    weights = learn(lists, 0.05)
    assert (weights.relevance, weights.log_odds) == (0.0, 0.0)


def test_no_domain_pays_for_the_gain_of_another() -> None:
    lists = joined(domain_of("law", 0.3, 0.8), domain_of("topics", 0.8, -0.2))
    weights = learn(lists, 0.05)
    topics = lists[lists.domain == "topics"]
    assert ndcg(topics, weights).mean() >= ndcg(topics, ReaderWeights(0.0, 0.0, 0.0, 0.05)).mean()


def test_the_arrays_order_as_the_program_does() -> None:
    questions, said = domain_of("law", 0.3, 0.4)
    lists = lists_of(questions, said)
    weights = ReaderWeights(0.4, 0.07, 0.1, 0.05)
    for row, (one, readings) in enumerate(zip(questions, said, strict=True)):
        order = ordered(one, readings, weights)
        place = [bool(one.candidates[at].grade) for at in order].index(True)
        assert ndcg(lists, weights)[row] == pytest.approx(1 / np.log2(place + 2) if place < 10 else 0.0)


def test_what_is_unread_counts_as_the_second_half_on_average() -> None:
    readings = [Reading(0.9)] * 10 + [Reading(0.1), Reading(0.3)]
    assert unread_relevance([readings, readings[:5]]) == pytest.approx(0.2)


def test_the_report_judges_each_domain_by_the_others() -> None:
    lists = joined(domain_of("law", 0.3, 0.8), domain_of("cooking", 0.3, 0.6))
    lines = list(report(lists, learn(lists, 0.05)))
    assert [line.split()[0] for line in lines] == ["domain", "cooking", "law", "mean"]
