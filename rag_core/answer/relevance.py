"""Whether the documents answer a question at all, judged before anything is generated.

A logistic model over a handful of features of the best passages gives the probability that they hold the answer. Every
feature can only raise it (the weights are not negative), so a better match never counts against a question. The numbers
stand in `relevance.json`, with where they come from; the recipe that fits them is `models/training/relevance`.

Four sets of numbers: `read` where a reader has read the passages, `dense` without one for the embedder it was fitted
with, `lexical` where no calibrated embedder has judged the passages either (another embedder, or vectors that are still
missing), and `lexical_cjk` for questions in Chinese, Japanese and Korean, which neither of the two can read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from rag_core.odds import FARTHEST, log_odds
from rag_core.text.words import content_terms, is_cjk

Calibration = Literal["read", "dense", "lexical", "lexical_cjk"]

# Only the first passages are looked at: what lies below is not shown, and more passages would look ever more relevant.
PASSAGES = 5
# Words that answer a question stand near each other: within about two sentences.
_WINDOW_TERMS = 30
_MANY_TERMS = 8
# The sizes of libraries, in chunks, between which the numbers were fitted; beyond them size makes no more difference.
_SMALLEST, _LARGEST = 10, 20_000
_USUAL_CHUNKS = 1000


@dataclass(frozen=True, slots=True)
class Evidence:
    """One retrieved passage. `dense_score` is its cosine to the question, None where the dense retriever did not find
    it; `coverage` the share of the question's content words that it holds, weighted by their rarity in the library.

    `relevance` is the reader's probability that it answers, None where it was not read; `answer_probability` how sure
    the words are that answer, None where there are none."""

    dense_score: float | None
    coverage: float
    text: str
    relevance: float | None = None
    answer_probability: float | None = None


@dataclass(frozen=True, slots=True)
class RelevanceFeatures:
    """What the first passages say about the chance of an answer. Each lies between 0 and 1, `joint_best` below 1.5.

    `joint_best`: the greatest cosine + coverage / 2 of one passage. `coverage_first`: coverage of the first passage.
    `window_best`: the greatest share of the question's words within a short stretch of one passage. `covered_terms`:
    the greatest coverage, times how many words there were to cover (eight or more count as 1): two of two prove less
    than eight of eight. `smallness`: 1 for ten chunks, 0 for 20,000: among many chunks something always looks similar.
    `read_best`: the reader's greatest log odds that a passage answers, from -7 (0) to 7 (1). `answer_best`: the surest
    answer's probability.

    How far the best stands above the rest is left out on purpose: a library that holds a text twice would lose by it.
    """

    calibration: Calibration
    joint_best: float = 0.0
    coverage_first: float = 0.0
    window_best: float = 0.0
    covered_terms: float = 0.0
    smallness: float = 0.0
    read_best: float = 0.0
    answer_best: float = 0.0


def relevance_features(
    question: str, evidence: Sequence[Evidence], *, embedder: str = "", library_chunks: int = _USUAL_CHUNKS
) -> RelevanceFeatures:
    """Features of the passages in their order of rank.

    `embedder` is the id of the pack that made the cosines; `library_chunks` counts the chunks that were searched.
    """
    shown = evidence[:PASSAGES]
    cosines = [passage.dense_score for passage in shown if passage.dense_score is not None]
    terms = set(content_terms(question))
    coverage_best = max((passage.coverage for passage in shown), default=0.0)
    lexical = RelevanceFeatures(
        "lexical_cjk" if is_cjk(question) else "lexical",
        coverage_first=shown[0].coverage if shown else 0.0,
        window_best=max((_window_share(terms, passage.text) for passage in shown), default=0.0),
        covered_terms=coverage_best * min(1.0, len(terms) / _MANY_TERMS),
        smallness=_smallness(library_chunks),
    )
    read = [passage.relevance for passage in shown if passage.relevance is not None]
    if read:
        sure = max((passage.answer_probability or 0.0 for passage in shown), default=0.0)
        return replace(
            lexical, calibration="read", read_best=0.5 + log_odds(max(read)) / (2 * FARTHEST), answer_best=sure
        )
    if lexical.calibration == "lexical_cjk" or embedder != stored().embedder or not cosines:
        return lexical
    joint_best = max((passage.dense_score or 0.0) + passage.coverage / 2 for passage in shown)
    return replace(lexical, calibration="dense", joint_best=max(0.0, joint_best))


def probability(features: RelevanceFeatures) -> float:
    """The calibrated probability that the documents hold the answer, 0..1."""
    model = stored().models[features.calibration]
    score = model.intercept + sum(weight * float(getattr(features, name)) for name, weight in model.weights.items())
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, score))))


@dataclass(frozen=True, slots=True)
class Model:
    """Logistic: log odds = `intercept` + sum of `weights` times features."""

    intercept: float
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Stored:
    """What relevance.json holds. `embedder` is the id of the pack for which `dense` was fitted."""

    embedder: str
    models: Mapping[str, Model]


@cache
def stored() -> Stored:
    """Read once; the file is part of the program."""
    content = json.loads(files("rag_core.answer").joinpath("relevance.json").read_text(encoding="utf-8"))
    models = {name: Model(model["intercept"], model["weights"]) for name, model in content["models"].items()}
    return Stored(content["embedder"]["pack"], models)


def _smallness(chunks: int) -> float:
    bounded = min(max(chunks, _SMALLEST), _LARGEST)
    return math.log(_LARGEST / bounded) / math.log(_LARGEST / _SMALLEST)


def _window_share(terms: set[str], text: str) -> float:
    """The greatest share of `terms` within any `_WINDOW_TERMS` content words that follow each other."""
    if not terms:
        return 0.0
    places = [(at, term) for at, term in enumerate(content_terms(text)) if term in terms]
    best, first = 0, 0
    for last, (at, _) in enumerate(places):
        while places[first][0] <= at - _WINDOW_TERMS:
            first += 1
        best = max(best, len({term for _, term in places[first : last + 1]}))
    return best / len(terms)
