"""How much of the wanted text is covered by passages: what benchmarks of cutting documents measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Recall, precision and intersection over union of retrieved text and the text that was wanted."""

    recall: float
    precision: float
    iou: float


def span_overlap(retrieved: Sequence[Span], wanted: Sequence[Span]) -> Overlap:
    """Overlap of half-open ranges of one text, counted in its units (characters or tokens).

    Chroma, "Evaluating Chunking Strategies for Retrieval" (Smith & Troynikov 2024): recall = covered / wanted;
    precision = covered / retrieved, where text that was retrieved twice counts twice; IoU = covered / (retrieved +
    wanted - covered). Their unit is the token.
    """
    covered = _length(_intersect(_merge(retrieved), _merge(wanted)))
    wanted_length, retrieved_length = _length(_merge(wanted)), _length(retrieved)
    union = retrieved_length + wanted_length - covered
    return Overlap(_ratio(covered, wanted_length), _ratio(covered, retrieved_length), _ratio(covered, union))


def _merge(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _intersect(left: list[Span], right: list[Span]) -> list[Span]:
    pairs = ((max(a[0], b[0]), min(a[1], b[1])) for a in left for b in right)
    return [(start, end) for start, end in pairs if start < end]


def _length(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
