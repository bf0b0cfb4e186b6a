"""Does this runtime, on this machine, compute what the recipe computed? A few texts answer that in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rag_core.messages import NOTHING, Message, say
from rag_core.runtime.pack import Canonical
from rag_core.types import FloatArray

REFERENCE = "fp32"
# Between runs of one graph on different processors only rounding differs; between a quantised graph and its reference
# the quantisation does (0.997 for the default pack's worst text). A saturating multiplication is below both.
MIN_COSINE_SAME_GRAPH = 0.999
MIN_COSINE_TO_REFERENCE = 0.985


def disagreement(
    canonical: Canonical, graph: str, encode: Callable[[Sequence[str]], FloatArray], quantised: bool = True
) -> Message:
    """Nothing when `encode` agrees with the pack's canonical vectors, else a sentence with the worst cosine.

    A graph that is not itself the reference is compared with the fp32 reference where the pack has one: the machine
    that built the pack may have had the same weakness as this one. `quantised` False says that it has no other reason
    to differ than rounding to 16 bits.
    """
    reference = REFERENCE if REFERENCE in canonical.values else graph
    if not canonical.inputs or reference not in canonical.values:
        return NOTHING
    wanted = np.array(canonical.values[reference], np.float32)
    got = encode(canonical.inputs)
    if got.shape != wanted.shape:
        return say("it-gives-other-size", given=got.shape[1], expected=wanted.shape[1])
    limit = MIN_COSINE_SAME_GRAPH if reference == graph or not quantised else MIN_COSINE_TO_REFERENCE
    worst = float(np.min(np.sum(got * wanted, axis=1)))
    # Written so that a vector of NaN fails too.
    return NOTHING if worst >= limit else say("its-vectors-differ", cosine=worst, limit=limit)
