"""What a reader's pack says of itself: the `spec` of its manifest.

The graph takes `input_ids` (texts, tokens), int64, of texts of one length without padding, laid out as
"[CLS] question [SEP] subject passage [SEP]", and gives two tensors of logits: `judged` (texts, 2), relevance and
support; `spans` (texts, tokens, 2), start and end, where position 0 stands for "no answer here".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rag_core.errors import PackCorrupt
from rag_core.messages import say
from rag_core.runtime.pack import Pack

RELEVANCE, SUPPORT = 0, 1
START, END = 0, 1
_SPECIAL_TOKENS = 3  # [CLS], and [SEP] twice


@dataclass(frozen=True, slots=True)
class Scale:
    """A logit x to a probability: 1 / (1 + exp(-(slope * x + offset))), fitted on held-out data (Platt, 1999)."""

    slope: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class ReaderSpec:
    """Limits in tokens. `answered` scales the best span's start + end less those of position 0."""

    max_tokens: int
    question_tokens: int
    subject_tokens: int
    tokenizer: str
    languages: tuple[str, ...]
    relevance: Scale
    support: Scale
    answered: Scale


def read_spec(pack: Pack) -> ReaderSpec:
    """Raises PackCorrupt for a pack that is not a reader's, or lacks something."""
    spec = pack.manifest.spec
    try:
        if pack.manifest.role != "reader":
            raise ValueError(f"its role is “{pack.manifest.role}”")
        scales: dict[str, Any] = spec["calibration"]
        found = ReaderSpec(
            max_tokens=int(spec["max_tokens"]),
            question_tokens=int(spec["question_tokens"]),
            subject_tokens=int(spec["subject_tokens"]),
            tokenizer=str(spec["tokenizer"]),
            languages=tuple(spec["languages"]),
            relevance=Scale(**scales["relevance"]),
            support=Scale(**scales["support"]),
            answered=Scale(**scales["answered"]),
        )
        if found.max_tokens - found.question_tokens - found.subject_tokens - _SPECIAL_TOKENS < 1:
            raise ValueError("a long question leaves no room for a passage")
        return found
    except (KeyError, TypeError, ValueError) as error:
        raise PackCorrupt(say("reader-incomplete", pack=pack.id, error=str(error)), say("make-pack-again")) from error
