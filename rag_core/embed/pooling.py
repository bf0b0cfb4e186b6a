"""Token states to one unit vector per text.

The index compares by inner product, so vectors are always of unit length, also for a model that does not ask for it:
for cosine ranking that changes nothing.
"""

from __future__ import annotations

import numpy as np

from rag_core.embed.description import EncoderSpec
from rag_core.runtime.session import Array
from rag_core.types import FloatArray

_TINY = 1e-12


def pool(output: Array, spec: EncoderSpec) -> FloatArray:
    """`output` (texts, tokens, dim) of unpadded texts, or (texts, dim) when the graph pools, to unit vectors."""
    values = output.astype(np.float32, copy=False)
    if not spec.pooled:
        values = _POOLINGS[spec.pooling](values)
    return unit(values[:, : spec.dim])


def unit(vectors: FloatArray) -> FloatArray:
    """Each row at length 1; a row of zeros stays."""
    result: FloatArray = vectors / np.maximum(np.linalg.norm(vectors, axis=1), _TINY)[:, None]
    return result


def _mean(states: FloatArray) -> FloatArray:
    result: FloatArray = states.mean(axis=1)
    return result


def _first(states: FloatArray) -> FloatArray:
    return states[:, 0]


def _last(states: FloatArray) -> FloatArray:
    return states[:, -1]


def _maximum(states: FloatArray) -> FloatArray:
    result: FloatArray = states.max(axis=1)
    return result


_POOLINGS = {"mean": _mean, "cls": _first, "last": _last, "max": _maximum}
