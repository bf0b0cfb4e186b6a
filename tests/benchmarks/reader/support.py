"""Whether a sentence is rightly called supported: claims of fool-me-twice about pages kept out of training."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.training.reader.claims import Checked, fm2_splits, with_evidence
from rag_core.answer.support import SUPPORTED, best_evidence
from rag_core.evaluate import metrics
from rag_core.read.reader import Reader
from tests.benchmarks.reader.figures import Figure, between

_OTHERS = 4
_FILE = "fm2_claims.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Judged:
    """Claims, the reader's probabilities that they are supported, and those of the check by words."""

    name: str
    right: list[bool]
    probabilities: list[float]
    words: list[float]

    def hits(self, by_words: bool = False) -> list[float]:
        found, least = (self.words, SUPPORTED) if by_words else (self.probabilities, 0.5)
        return [float((value >= least) == right) for value, right in zip(found, self.right, strict=True)]


def measure(reader: Reader, qa: Path, count: int) -> Iterator[Judged]:
    rows = fm2_splits(qa / _FILE)["test"]
    rows = random.Random(_FILE).sample(rows, min(count, len(rows)))
    with_others = [row for row in rows if row["distractors"]]
    yield _judge("gold evidence", [with_evidence(row) for row in rows], reader)
    yield _judge("evidence among other sentences", [_among(row) for row in with_others], reader)
    yield _judge("other sentences alone", [_only_others(row) for row in with_others], reader)


def _among(row: dict[str, Any]) -> Checked:
    rng = random.Random(row["claim"])
    mixed = [*row["evidence"], *_others(row, rng)]
    rng.shuffle(mixed)
    return Checked(row["claim"], " ".join(mixed), float(row["label"] == "SUPPORTS"))


def _only_others(row: dict[str, Any]) -> Checked:
    return Checked(row["claim"], " ".join(_others(row, random.Random(row["claim"]))), 0.0)


def _others(row: dict[str, Any], rng: random.Random) -> list[str]:
    return rng.sample(row["distractors"], min(_OTHERS, len(row["distractors"])))


def _judge(name: str, claims: Sequence[Checked], reader: Reader) -> Judged:
    return Judged(
        name,
        [claim.label == 1.0 for claim in claims],
        reader.support([(claim.sentence, claim.evidence) for claim in claims]),
        [best_evidence(claim.sentence, claim.evidence).support for claim in claims],
    )


def report(judged: Sequence[Judged]) -> Iterator[Figure]:
    for one in judged:
        hits, asked = one.hits(), ">= 0.80" if one is judged[0] else ""
        share = f"{len(hits)} claims, {np.mean(one.right):.0%} supported; by words {metrics.mean(one.hits(True)):.3f}"
        yield Figure(f"support accuracy, {one.name}", metrics.mean(hits), asked, f"{between([hits])}; {share}")
        if any(one.right):
            words = metrics.auroc(one.words, one.right)
            yield Figure("  AUROC", metrics.auroc(one.probabilities, one.right), "", f"by words {words:.3f}")
            error = metrics.expected_calibration_error(one.probabilities, one.right)
            yield Figure("  calibration error", error)
