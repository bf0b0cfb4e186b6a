"""Greedy decoding with graphs of fixed shapes, as short as it can be: what a real runtime is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_core.runtime.npu.static import MASKED, DecoderWindow, decoder_shapes
from rag_core.runtime.pack import Pack

Array = npt.NDArray[Any]
Run = Callable[[str, dict[str, Array]], list[Array]]


class StaticLoop:
    """`run(graph, feeds)` gives the outputs of a graph in their order. One chunk length, one cache length."""

    def __init__(self, pack: Pack, run: Run) -> None:
        self.static = decoder_shapes(pack)
        self._embedding = np.load(pack.path_of(self.static.embedding), mmap_mode="r")
        self._run = run
        self._step = next(window for window in self.static.windows if window.tokens == 1)
        self._chunk = max(self.static.windows, key=lambda window: window.tokens)
        if self._chunk.cache != self._step.cache:
            raise ValueError("one cache length")
        self.forget()

    def rewind(self, length: int) -> None:
        """Go on as if only the first `length` tokens had been read."""
        self._length = length

    def forget(self) -> None:
        static, dtype, cache = self.static, self._embedding.dtype, self._step.cache
        self._past: dict[str, Array] = {}
        for layer in range(static.layers):
            self._past[f"past.{layer}.key"] = np.zeros((1, static.kv_heads, static.head_size, cache), dtype)
            self._past[f"past.{layer}.value"] = np.zeros((1, static.kv_heads, cache, static.head_size), dtype)
        self._length = 0

    def read(self, tokens: Sequence[int]) -> Array:
        """Logits after the last of `tokens`, which follow what was read before."""
        logits = np.empty(0)
        while tokens:
            window = self._step if len(tokens) == 1 else self._chunk
            now, tokens = tokens[: window.tokens], tokens[window.tokens :]
            logits, *new = self._run(window.graph, self._feeds(window, now))
            self._remember(new, len(now))
        return logits.reshape(-1).astype(np.float32)

    def greedy(self, prompt: Sequence[int], count: int) -> list[int]:
        self.forget()
        made = [int(self.read(prompt).argmax())]
        while len(made) < count:
            made.append(int(self.read(made[-1:]).argmax()))
        return made

    def _feeds(self, window: DecoderWindow, tokens: Sequence[int]) -> dict[str, Array]:
        static, dtype, count = self.static, self._embedding.dtype, window.tokens
        embedded = np.zeros((1, count, static.hidden), dtype)
        embedded[0, : len(tokens)] = self._embedding[list(tokens)]
        rates = static.rope_theta ** -(np.arange(0, static.rotary, 2) / static.rotary)
        angles = np.outer(np.arange(self._length, self._length + count), rates)[None, None]
        mask = np.full((1, 1, 1, count, window.cache + count), MASKED)
        mask[..., : self._length] = 0
        mask[..., window.cache :] = np.triu(np.full((count, count), MASKED), 1)
        feeds = {"embedded": embedded, "cos": np.cos(angles), "sin": np.sin(angles), "mask": mask} | self._past
        feeds = {name: np.ascontiguousarray(values, dtype) for name, values in feeds.items()}
        return feeds if count == 1 else feeds | {"last": np.array([len(tokens) - 1], np.int32)}

    def _remember(self, new: Sequence[Array], count: int) -> None:
        here = slice(self._length, self._length + count)
        for layer in range(self.static.layers):
            key, value = new[2 * layer], new[2 * layer + 1]
            self._past[f"past.{layer}.key"][..., here] = key[..., :count]
            self._past[f"past.{layer}.value"][..., here, :] = value[..., :count, :]
        self._length += count
