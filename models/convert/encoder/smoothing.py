"""Rewrite the network, without changing what it computes, so that 8 bits are enough for its inputs of matrices.

A few channels of a transformer are many times larger than the others, and one scale for all of them would leave the
others no precision. Dividing each channel by its own factor and multiplying the matrix's column by it changes nothing,
and a layer norm before it can do the division for free (Xiao et al., "SmoothQuant", arXiv:2211.10438); so can it centre
each channel (Wei et al., "Outlier Suppression+", arXiv:2304.09145). BERT normalises after the residual sum, so the
skipped value has to be multiplied back (`Layer.context_residual`, `Layer.output_residual`). After GELU no layer norm
can
do it: there it costs one multiplication (`Layer.active_scale`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from models.convert.encoder.network import Affine, Layer, Norm, Outliers, Weights
from rag_core.types import FloatArray

# How much of a channel's range goes from the input (1) to the weights (0); between 0.5 and 0.8 the result is flat.
_MIGRATION = 0.7
_ORDINARY_CHANNELS = 0.98
_OUTLIERS = 8
_SMALLEST_RANGE = 1e-3


@dataclass(frozen=True, slots=True)
class Range:
    """Smallest and largest value seen per channel."""

    low: FloatArray
    high: FloatArray

    def joined(self, other: Range) -> Range:
        return Range(np.minimum(self.low, other.low), np.maximum(self.high, other.high))


@dataclass(frozen=True, slots=True)
class _Change:
    """`new = (old - centre) / factor`, per channel."""

    factor: FloatArray
    centre: FloatArray


def smooth(weights: Weights, ranges: Mapping[str, Range]) -> Weights:
    """`ranges` by the names of `graph.matrix_inputs`."""
    last = len(weights.layers) - 1
    attention = [_change(ranges, _input_of(i), [x.query, x.key, x.value]) for i, x in enumerate(weights.layers)]
    layers = []
    for index, layer in enumerate(weights.layers):
        context = _change(ranges, f"layer.{index}.context", [layer.context])
        up = _change(ranges, f"layer.{index}.context_norm", [layer.up])
        following = attention[index + 1] if index < last else None
        changed = _smooth_layer(layer, attention[index], context, up, following)
        layers.append(_tame(changed, ranges[f"layer.{index}.gelu"]))
    first = _norm_into(weights.embedding_norm, attention[0])
    return replace(weights, embedding_norm=first, layers=tuple(layers))


def _smooth_layer(layer: Layer, attention: _Change, context: _Change, up: _Change, following: _Change | None) -> Layer:
    return replace(
        layer,
        query=_from(layer.query, attention),
        key=_from(layer.key, attention),
        # Attention weights sum to 1, so what is done to the values is done to their mixture.
        value=_into(_from(layer.value, attention), context),
        context=_plus(_from(layer.context, context), attention.centre),
        context_residual=attention.factor,
        context_norm=_norm_into(layer.context_norm, up),
        up=_from(layer.up, up),
        down=_plus(layer.down, up.centre),
        output_residual=up.factor,
        output_norm=_norm_into(layer.output_norm, following) if following else layer.output_norm,
    )


def _input_of(index: int) -> str:
    return f"layer.{index - 1}.output_norm" if index else "embeddings"


def _change(ranges: Mapping[str, Range], name: str, consumers: list[Affine]) -> _Change:
    low, high = ranges[name].low, ranges[name].high
    centre = (low + high) / 2
    reach = np.maximum(high - centre, _SMALLEST_RANGE)
    column = np.maximum(np.max([np.abs(affine.weight).max(axis=0) for affine in consumers], axis=0), _SMALLEST_RANGE)
    factor = reach**_MIGRATION / column ** (1 - _MIGRATION)
    factor /= np.exp(np.mean(np.log(factor)))
    return _Change(factor.astype(np.float32), centre.astype(np.float32))


def _tame(layer: Layer, seen: Range) -> Layer:
    """Take the largest channels of GELU's output out of the 8-bit product, and the next ones down; leave the others.

    The first token drives one or two channels of a layer to twenty times what all others reach, and large weights take
    them up, so they get a product of their own (Dettmers et al., "LLM.int8()", arXiv:2208.07339). Most channels are
    silent on most texts: a factor that enlarges a channel would rest on a guess.
    """
    channels = np.sort(np.argsort(seen.high)[-_OUTLIERS:])
    factor = np.maximum(seen.high / np.quantile(seen.high, _ORDINARY_CHANNELS), 1)
    weight = layer.down.weight * factor
    weight[:, channels] = 0
    scale = (1 / factor).astype(np.float32)
    scale[channels] = 0
    return replace(
        layer,
        down=Affine(weight.astype(np.float32), layer.down.bias),
        active_scale=scale,
        outliers=Outliers(channels, layer.down.weight[:, channels]),
    )


def _from(affine: Affine, change: _Change) -> Affine:
    """The same result from a changed input."""
    return Affine(affine.weight * change.factor, affine.bias + affine.weight @ change.centre)


def _into(affine: Affine, change: _Change) -> Affine:
    """A changed result."""
    return Affine(affine.weight / change.factor[:, None], (affine.bias - change.centre) / change.factor)


def _plus(affine: Affine, centre: FloatArray) -> Affine:
    """Give the residual sum its centre back."""
    return Affine(affine.weight, affine.bias + centre)


def _norm_into(norm: Norm, change: _Change) -> Norm:
    return Norm(norm.weight / change.factor, (norm.bias - change.centre) / change.factor)
