"""Relevance: sane at the ends, never lowered by a better match, and never judged by cosines that mean nothing."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.answer.relevance import (
    Calibration,
    Evidence,
    RelevanceFeatures,
    probability,
    relevance_features,
    stored,
)

LEAVE = "Full-time employees are entitled to 25 days of paid annual leave in each calendar year."
QUESTION = "How many days of annual leave do full-time employees get?"
NAMES = [field.name for field in fields(RelevanceFeatures) if field.name != "calibration"]
features = st.builds(
    RelevanceFeatures,
    st.sampled_from(["read", "dense", "lexical", "lexical_cjk"]),
    *[st.floats(0, 1) for _ in NAMES],
)


def judged(question: str, *evidence: Evidence, chunks: int = 60) -> float:
    return probability(relevance_features(question, evidence, embedder=stored().embedder, library_chunks=chunks))


@given(features, st.sampled_from(NAMES), st.floats(0, 1))
def test_a_better_match_never_counts_against_the_documents(before: RelevanceFeatures, name: str, more: float) -> None:
    raised = {n: getattr(before, n) + (more if n == name else 0.0) for n in NAMES}
    assert probability(RelevanceFeatures(before.calibration, **raised)) >= probability(before)


@given(features)
def test_it_is_a_probability(any_features: RelevanceFeatures) -> None:
    assert 0.0 <= probability(any_features) <= 1.0


@pytest.mark.parametrize("chunks", [15, 1_000, 100_000])
def test_the_passage_that_says_it_counts_as_an_answer_and_a_stranger_does_not(chunks: int) -> None:
    strangers = [Evidence(0.12, 0.05, "The alarm is tested every Tuesday.")] * 4
    assert judged(QUESTION, Evidence(0.8, 0.9, LEAVE), *strangers, chunks=chunks) > 0.5
    assert judged(QUESTION, *strangers, chunks=chunks) < 0.2


def test_nothing_found_is_hardly_an_answer() -> None:
    assert judged(QUESTION) < 0.2
    assert judged("年次有給休暇は何日ですか。") < 0.2


def test_the_same_passage_twice_is_as_good_as_once() -> None:
    once = judged(QUESTION, Evidence(0.8, 0.9, LEAVE))
    assert judged(QUESTION, Evidence(0.8, 0.9, LEAVE), Evidence(0.8, 0.9, LEAVE)) == once


@pytest.mark.parametrize(
    ("question", "embedder", "cosine", "expected"),
    [
        (QUESTION, stored().embedder, 0.8, "dense"),
        (QUESTION, "somebody-elses-model", 0.8, "lexical"),
        (QUESTION, stored().embedder, None, "lexical"),
        ("年次有給休暇は何日ですか。", stored().embedder, 0.8, "lexical_cjk"),
    ],
)
def test_cosines_count_only_where_they_were_calibrated(
    question: str, embedder: str, cosine: float | None, expected: Calibration
) -> None:
    used = relevance_features(question, [Evidence(cosine, 0.5, LEAVE)], embedder=embedder)
    assert used.calibration == expected
    assert (used.joint_best > 0) == (expected == "dense")


@pytest.mark.parametrize(
    ("read", "expected"),
    [([0.9, None], "read"), ([None, 0.0], "read"), ([None, None], "dense")],
)
def test_what_was_read_is_judged_by_its_reading(read: list[float | None], expected: Calibration) -> None:
    evidence = [Evidence(0.5, 0.5, LEAVE, relevance) for relevance in read]
    assert relevance_features(QUESTION, evidence, embedder=stored().embedder).calibration == expected


def test_the_reader_tells_an_answer_from_words_that_only_sound_like_one() -> None:
    liked = judged(QUESTION, Evidence(0.5, 0.5, LEAVE, 0.97, 0.9), Evidence(0.4, 0.5, LEAVE, 0.01))
    refused = judged(QUESTION, Evidence(0.5, 0.5, LEAVE, 0.0005), Evidence(0.4, 0.5, LEAVE, 0.0001))
    assert liked > 0.5 > refused


def test_words_that_stand_together_count_more_than_words_far_apart() -> None:
    apart = "annual report. " + "Something else was said about the harbour and its boats. " * 12 + "leave the quay"
    together = relevance_features("annual leave", [Evidence(0.5, 1.0, "the annual leave of staff")])
    scattered = relevance_features("annual leave", [Evidence(0.5, 1.0, apart)])
    assert (together.window_best, scattered.window_best) == (1.0, 0.5)


def test_only_the_passages_that_are_shown_are_judged() -> None:
    nothing = Evidence(0.1, 0.0, "The alarm is tested every Tuesday.")
    assert judged(QUESTION, *[nothing] * 5, Evidence(0.9, 1.0, LEAVE)) == judged(QUESTION, *[nothing] * 5)


def test_the_shipped_numbers_say_where_they_come_from() -> None:
    content = json.loads(files("rag_core.answer").joinpath("relevance.json").read_text(encoding="utf-8"))
    assert len(content["embedder"]["sha256"]) == 64
    assert content["provenance"]["sets"]
    for model in content["models"].values():
        assert set(model["weights"]) <= set(NAMES)
        assert min(model["weights"].values()) >= 0.0
