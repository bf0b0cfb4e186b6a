"""Whether two providers say the same: tokens, answers, sources, vectors, searches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rag_core.bench.compare.records import ProviderRun, Said
from rag_core.evaluate.metrics import mean
from rag_core.messages import NOTHING, Message, say

_OTHER_PASSAGES = say("other-passages")


def agreement(reference: ProviderRun, other: ProviderRun) -> dict[str, float | Message]:
    """Shares from 0 to 1 and cosines; where there is nothing to compare, why.

    Tokens are compared one by one at the same place in answers to the same prompt; after the first that differs, a
    model goes its own way, so one near-tie can cost many. Sources are the files and pages that an answer cites.
    """
    pairs = _same_questions(reference, other)
    same_prompts = [(a, b) for a, b in pairs if a.prompt and a.prompt == b.prompt]
    no_answers = _why(reference, other, "first_token_s")
    no_vectors = _why(reference, other, "embed_tokens_per_s")
    tokens = sum(max(len(a.pieces), len(b.pieces)) for a, b in same_prompts)
    equal = sum(x == y for a, b in same_prompts for x, y in zip(a.pieces, b.pieces, strict=False))
    cosines = _cosines(reference.vectors, other.vectors)
    overlaps = list(_overlaps(reference.found, other.found))
    return {
        "same_prompts": mean(bool(a.prompt) and a.prompt == b.prompt for a, b in pairs) if pairs else no_answers,
        "equal_tokens": equal / tokens if tokens else no_answers if not pairs else _OTHER_PASSAGES,
        "equal_answers": mean(a.text == b.text for a, b in pairs) if pairs else no_answers,
        "equal_sources": mean(a.sources == b.sources for a, b in pairs) if pairs else no_answers,
        "cosine_mean": mean(cosines) if cosines else no_vectors,
        "cosine_worst": min(cosines, default=no_vectors),
        "top10_overlap": mean(overlaps) if overlaps else no_vectors,
    }


def _same_questions(reference: ProviderRun, other: ProviderRun) -> list[tuple[Said, Said]]:
    answered = {said.question: said for said in other.said}
    return [(said, answered[said.question]) for said in reference.said if said.question in answered]


def _why(reference: ProviderRun, other: ProviderRun, figure: str) -> Message:
    runs = (other, reference)
    reasons = (reason for run in runs for reason in (run.absent.get(figure, NOTHING), run.failure) if reason)
    return next(reasons, say("nothing-measured"))


def _cosines(left: Sequence[Sequence[float]], right: Sequence[Sequence[float]]) -> list[float]:
    """The vectors are of unit length."""
    if not left or not right or len(left) != len(right):
        return []
    values: list[float] = np.einsum("ij,ij->i", np.asarray(left), np.asarray(right)).tolist()
    return values


def _overlaps(left: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> Iterator[float]:
    for first, second in zip(left, right, strict=False):
        longest = max(len(first), len(second))
        if longest:
            yield len(set(first) & set(second)) / longest
