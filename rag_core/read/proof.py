"""Does this runtime, on this machine, compute what the recipe computed? A few texts answer that in milliseconds.

A canonical input is a JSON array [question, subject, text]; its values are those of `row`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np

from rag_core.messages import NOTHING, Message, say
from rag_core.read.decoding import Judgement
from rag_core.read.layout import Words
from rag_core.runtime.pack import Canonical

REFERENCE = "fp32"
# Logits of the proven kind lie within about ±10. Between runs of one graph on different processors only rounding
# differs; between a quantised graph and its reference the quantisation does.
MAX_ERROR_SAME_GRAPH = 0.05
MAX_ERROR_TO_REFERENCE = 0.25

Judge = Callable[[Sequence[Words]], Sequence[Judgement]]


def words_of(canonical_input: str) -> Words:
    """Raises ValueError for what is no canonical input."""
    question, subject, text = json.loads(canonical_input)
    return str(question), str(subject), str(text)


def row(judgement: Judgement) -> tuple[float, float, float, float]:
    """Relevance, support, start + end of "no answer" and of the best words."""
    return judgement.relevance, judgement.support, judgement.no_answer, judgement.best


def disagreement(canonical: Canonical, graph: str, judge: Judge, quantised: bool = True) -> Message:
    """Nothing when `judge` agrees with the pack's canonical values, else a sentence with how far it is from them.

    The error is the root mean square of all differences, as a share of that of the values. A graph that is not itself
    the reference is compared with the fp32 reference where the pack has one: the machine that built the pack may have
    had the same weakness as this one. `quantised` False says that it has no other reason to differ than rounding to 16
    bits.
    """
    reference = REFERENCE if REFERENCE in canonical.values else graph
    if not canonical.inputs or reference not in canonical.values:
        return NOTHING
    wanted = np.array(canonical.values[reference], np.float64)
    got = np.array([row(judgement) for judgement in judge([words_of(text) for text in canonical.inputs])])
    if got.shape != wanted.shape:
        return say("it-gives-other-count", given=got.shape[1], expected=wanted.shape[1])
    limit = MAX_ERROR_SAME_GRAPH if reference == graph or not quantised else MAX_ERROR_TO_REFERENCE
    error = float(np.sqrt(np.mean((got - wanted) ** 2)) / max(np.sqrt(np.mean(wanted**2)), 1e-6))
    # Written so that NaN fails too.
    return NOTHING if error <= limit else say("what-it-says-differs", error=error, limit=limit)
