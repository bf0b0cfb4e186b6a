"""What is measured, as pure functions: each with its definition and where it comes from.

Ranked lists are given as gains (0 or 1, or graded), best rank first. Everything lies between 0 and 1 unless it says
otherwise. A mean over nothing is NaN, never 0: "not measured" must not look like "bad".
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag_core.text.words import fold, is_cjk

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation) | frozenset("‘’“”–—…、。，．・：；！？「」『』（）【】〈〉《》〔〕～")


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    known = list(values)
    return sum(known) / len(known) if known else math.nan


# --- Ranking ----------------------------------------------------------------------------------------------------------


def ndcg_at_k(gains: Sequence[float], ideal_gains: Sequence[float], k: int) -> float:
    """Normalised discounted cumulative gain: sum of gain / log2(1 + rank) over the first k ranks, divided by its
    greatest possible value; `ideal_gains` are the gains of all that is relevant, found or not. 0 if nothing is.

    Järvelin & Kekäläinen 2002, with the linear gain that trec_eval and BEIR use.
    """
    best = _dcg(sorted(ideal_gains, reverse=True)[:k])
    return _dcg(gains[:k]) / best if best > 0 else 0.0


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def reciprocal_rank_at_k(gains: Sequence[float], k: int) -> float:
    """1 / rank of the first relevant result among the first k, else 0. Its mean is MRR@k (Voorhees, TREC-8, 1999)."""
    return next((1.0 / rank for rank, gain in enumerate(gains[:k], start=1) if gain > 0), 0.0)


def recall_at_k(gains: Sequence[float], relevant: int, k: int) -> float:
    """Share of the `relevant` items that stand among the first k. With one relevant item: whether it was found."""
    return min(1.0, sum(gain > 0 for gain in gains[:k]) / relevant) if relevant else 0.0


# --- Answers ----------------------------------------------------------------------------------------------------------


def answer_units(text: str, *, by_character: bool) -> list[str]:
    """What an answer is compared by: words, or single characters for Chinese, Japanese and Korean.

    Words follow SQuAD (Rajpurkar et al. 2016): lower case, no punctuation, no articles; width and accents are folded.
    Japanese has no spaces, so characters take their place, as in JaQuAD (So et al. 2022).
    """
    folded = fold(text)
    if by_character:
        return [c for c in folded if not c.isspace() and c not in _PUNCTUATION]
    kept = "".join(c for c in folded if c not in _PUNCTUATION)
    return _ARTICLES.sub(" ", kept).split()


def exact_match(predicted: str, reference: str) -> float:
    """1 if both answers have the same units, else 0."""
    left, right = _units_of_both(predicted, reference)
    return float(left == right)


def answer_f1(predicted: str, reference: str) -> float:
    """Harmonic mean of precision and recall over the shared units, each counted as often as it occurs (SQuAD)."""
    left, right = _units_of_both(predicted, reference)
    if not left or not right:
        return float(left == right)
    shared = (Counter(left) & Counter(right)).total()
    return 2.0 * shared / (len(left) + len(right))


def answer_recall(predicted: str, reference: str) -> float:
    """Share of the reference's units that the answer holds: fair to whole sentences where the reference is a word."""
    left, right = _units_of_both(predicted, reference)
    return (Counter(left) & Counter(right)).total() / len(right) if right else 0.0


def _units_of_both(predicted: str, reference: str) -> tuple[list[str], list[str]]:
    by_character = is_cjk(predicted) or is_cjk(reference)
    return answer_units(predicted, by_character=by_character), answer_units(reference, by_character=by_character)


# --- Saying "not found" -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Abstention:
    """How well "not found in these documents" was said. A part that had no case is NaN.

    `precision`: share of the abstentions that were right. `recall`: share of the unanswerable questions that got one.
    `false_alarms`: share of the answerable questions that were wrongly refused. `auroc`: see there.
    """

    precision: float
    recall: float
    false_alarms: float
    auroc: float


def abstention(answerable: Sequence[bool], relevance: Sequence[float], abstained: Sequence[bool]) -> Abstention:
    """Compare what was refused with what should have been. The three sequences are parallel."""
    refused = [can for can, no in zip(answerable, abstained, strict=True) if no]
    right = refused.count(False)
    return Abstention(
        precision=right / len(refused) if refused else math.nan,
        recall=right / answerable.count(False) if False in answerable else math.nan,
        false_alarms=refused.count(True) / answerable.count(True) if True in answerable else math.nan,
        auroc=auroc(relevance, answerable),
    )


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Area under the ROC curve: the chance that a positive case scores above a negative one, ties counting half.

    Computed from ranks (Mann-Whitney U; Hanley & McNeil 1982). NaN if a class is empty.
    """
    pairs = sorted(zip(scores, positive, strict=True))
    positives = sum(positive)
    negatives = len(pairs) - positives
    if not positives or not negatives:
        return math.nan
    rank_sum, i = 0.0, 0
    while i < len(pairs):
        j = i
        while j < len(pairs) and pairs[j][0] == pairs[i][0]:
            j += 1
        rank_sum += (i + 1 + j) / 2 * sum(is_positive for _, is_positive in pairs[i:j])
        i = j
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def expected_calibration_error(probabilities: Sequence[float], happened: Sequence[bool], bins: int = 10) -> float:
    """Mean distance between what was promised and what happened, over equally wide bins weighted by their size.

    Naeini et al. 2015, Guo et al. 2017. NaN of nothing.
    """
    if not probabilities:
        return math.nan
    sums = [[0.0, 0.0] for _ in range(bins)]
    for probability, happens in zip(probabilities, happened, strict=True):
        cell = sums[min(bins - 1, int(probability * bins))]
        cell[0] += probability
        cell[1] += happens
    return sum(abs(promised - seen) for promised, seen in sums) / len(probabilities)
