"""Questions with passages, on which the reader's values are measured before they are rounded to 8 bits.

Written for this purpose: what is asked in offices and homes, with passages that answer, passages that do not, and
sentences to check. More come from the texts that the embedder is measured on (see `pairs_of`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.convert.encoder.calibration import TEXTS

# (question or sentence, subject, passage)
PAIRS: tuple[tuple[str, str, str], ...] = tuple(
    map(tuple, json.loads(Path(__file__).with_suffix(".json").read_bytes()))
)
_WORDS = (6, 12, 24)  # of questions that are drawn
_JOINED = 3


def pairs_of(vocabulary: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """`PAIRS` as they are and with each other's passages; the embedder's texts as passages, some of them joined until
    they fill the reader's limit; words drawn from `vocabulary` as questions.
    """
    yield from PAIRS
    for at, (question, _, _) in enumerate(PAIRS):
        _, subject, passage = PAIRS[(at + 5) % len(PAIRS)]
        yield question, subject, passage
    draw = random.Random(0)
    words = [token for token in vocabulary if token.isalpha() and token.isascii()]
    for passage in TEXTS:
        yield draw.choice(PAIRS)[0], "", passage
    for size in _WORDS * 4:
        yield " ".join(draw.choices(words, k=size)), "", " ".join(draw.sample(TEXTS, _JOINED))
    for question, subject, passage in PAIRS:
        yield question, subject, " ".join([passage, *draw.sample(TEXTS, 2 * _JOINED)])
