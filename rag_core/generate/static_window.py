"""One decoder graph of fixed shapes, fed from buffers that are made once; the cache that such graphs share.

Nothing of the cache is copied for a run: the graph reads the buffers where they lie, and gives the new columns only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_core.progress import CancelToken
from rag_core.runtime.npu.static import MASKED, DecoderShapes, DecoderWindow
from rag_core.runtime.session import Session

Array = npt.NDArray[Any]

_DTYPES: dict[str, np.dtype[Any]] = {"tensor(float16)": np.dtype(np.float16), "tensor(float)": np.dtype(np.float32)}


class Cache:
    """Keys and values of up to `length` tokens. What is not in use is masked, but must be finite."""

    def __init__(self, static: DecoderShapes, length: int, dtype: np.dtype[Any]) -> None:
        self.length = length
        shape = (static.layers, 1, static.kv_heads)
        self._keys = np.zeros((*shape, static.head_size, length), dtype)
        self._values = np.zeros((*shape, length, static.head_size), dtype)
        self.feeds = {f"past.{n}.key": self._keys[n] for n in range(static.layers)}
        self.feeds |= {f"past.{n}.value": self._values[n] for n in range(static.layers)}

    def write(self, at: int, count: int, new: Mapping[str, Array]) -> None:
        """The first `count` columns of what a run gave, as the tokens from `at` on."""
        for layer, (keys, values) in enumerate(zip(self._keys, self._values, strict=True)):
            keys[..., at : at + count] = new[f"new.{layer}.key"][..., :count]
            values[..., at : at + count, :] = new[f"new.{layer}.value"][..., :count, :]

    def take(self, other: Cache, count: int) -> None:
        """The first `count` tokens of another one."""
        self._keys[..., :count] = other._keys[..., :count]
        self._values[..., :count, :] = other._values[..., :count, :]


class Rotations:
    """Cosines and sines of every position, computed once (RoFormer, arXiv 2104.09864)."""

    def __init__(self, static: DecoderShapes, positions: int, dtype: np.dtype[Any]) -> None:
        exponents = np.arange(0, static.rotary, 2, dtype=np.float64) / static.rotary
        angles = np.outer(np.arange(positions), static.rope_theta**-exponents)[None, None]
        self._cosines, self._sines = np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)

    def feeds(self, at: int, count: int) -> dict[str, Array]:
        return {"cos": self._cosines[:, :, at : at + count], "sin": self._sines[:, :, at : at + count]}


class OpenWindow:
    """`session` runs the graph of `window`; tokens it has no room for or lacks are the caller's care."""

    def __init__(self, session: Session, window: DecoderWindow, static: DecoderShapes) -> None:
        self._session = session
        self._window = window
        self.dtype: np.dtype[Any] = _DTYPES[next(info.dtype for info in session.inputs if info.name == "embedded")]
        self._outputs = tuple(info.name for info in session.outputs)
        size = window.tokens
        self._embedded = np.zeros((1, size, static.hidden), self.dtype)
        self._mask = np.full((1, 1, 1, size, window.cache + size), MASKED, self.dtype)
        self._mask[..., window.cache :] = np.triu(np.full((size, size), MASKED, self.dtype), 1)
        self._seen = 0
        self._last = {"last": np.zeros(1, np.int32)} if size > 1 else {}

    def run(self, rows: Array, at: int, cache: Cache, rotations: Rotations, cancel: CancelToken) -> Array:
        """Read the tokens whose embeddings are `rows`, (tokens, hidden), as those from `at` on; write them into
        `cache`. Returns the logits of the last one, (vocabulary,). What is missing to a whole window is padded.
        """
        count = len(rows)
        self._embedded[0, :count] = rows
        self._embedded[0, count:] = 0
        self._look_back(at)
        if self._last:
            self._last["last"][0] = count - 1
        feeds = {"embedded": self._embedded, "mask": self._mask} | rotations.feeds(at, self._window.tokens)
        given = self._session.run(feeds | self._last | cache.feeds, cancel)
        new = dict(zip(self._outputs, given, strict=True))
        cache.write(at, count, new)
        logits: Array = new["logits"].reshape(-1)
        return logits

    def _look_back(self, at: int) -> None:
        """Open the cache's first `at` columns, close the others."""
        self._mask[..., self._seen : at] = 0
        self._mask[..., at : self._seen] = MASKED
        self._seen = at


def windows_by_cache(windows: Sequence[DecoderWindow]) -> tuple[tuple[DecoderWindow, ...], tuple[DecoderWindow, ...]]:
    """Those that read a prompt, and those that make a step; each by the length of its cache."""
    ordered = sorted(windows, key=lambda window: (window.cache, -window.tokens))
    return tuple(w for w in ordered if w.tokens > 1), tuple(w for w in ordered if w.tokens == 1)
