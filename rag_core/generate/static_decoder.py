"""The decoder that runs graphs of fixed shapes, as accelerators want them (`rag_core.runtime.npu.static`).

A prompt is read in chunks that begin at multiples of the chunk's size, the last one padded; every token after it is a
step. Both look at a cache of keys and values whose length is fixed too: the shortest that holds what is asked for.
Masked columns weigh exactly nothing (exp(-1e4) is 0 in every float), so neither the padding nor the length of the cache
changes what is computed (measured on a small network with caches of 64, 256 and 1024 tokens: equal to the last bit, on
the processor and on the NPU's emulator), and whole chunks that prompts share are kept. Parts of chunks and generated
tokens are read again when a later prompt quotes them, since windows of other sizes may round otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from rag_core.errors import PackCorrupt, UserError
from rag_core.generate.backend import common_prefix
from rag_core.generate.genai_runtime import no_memory
from rag_core.generate.sampling import TokenChoice
from rag_core.generate.static_window import Array, Cache, OpenWindow, Rotations, windows_by_cache
from rag_core.messages import NOTHING, say
from rag_core.progress import CancelToken
from rag_core.runtime.npu.static import DecoderWindow, decoder_shapes
from rag_core.runtime.pack import Graph, verify
from rag_core.runtime.places import Place


class StaticDecoder:
    """A `TokenDecoder` for a static pack, or a context pack that was compiled from one.

    A graph is opened when it is first needed, and stays open. The breaker watches its opening and what is run from then
    on until a step has been made. Raises PackCorrupt.
    """

    reason = NOTHING

    def __init__(self, place: Place) -> None:
        pack = place.pack
        verify(pack)
        self.reused_tokens = 0
        self.prefill_ms = 0.0
        self._place = place
        self._static = decoder_shapes(pack)
        self._prefills, self._steps = windows_by_cache(self._static.windows)
        if not self._prefills or not self._steps:
            raise PackCorrupt(say("pack-lacks-graphs", pack=pack.id), say("prepare-for-npu-again"))
        longest = min(self._prefills[-1].cache, self._steps[-1].cache)
        self.context_tokens = min(self._static.context_tokens, longest)
        self._embedding: Array = np.load(pack.path_of(self._static.embedding), mmap_mode="r")
        self._open: dict[str, OpenWindow] = {}
        self._tried: set[str] = set()
        self._trial = ExitStack()
        self._rotations: Rotations | None = None
        self._cache: Cache | None = None
        self._filled = 0
        self._kept: list[int] = []
        self._chunk = 0

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """Those that are open."""
        return tuple(self._place.pack.graph(name) for name in tuple(self._open))

    def tokens_after(
        self, prompt: Sequence[int], count: int, cancel: CancelToken, temperature: float = 0.0, seed: int = 0
    ) -> Iterator[int]:
        self.reused_tokens, self.prefill_ms = 0, 0.0
        if len(prompt) + count > self.context_tokens:
            raise UserError(
                say("model-holds-less", pack=self._place.pack.id, room=self.context_tokens), say("ask-shorter")
            )
        return self._decode(list(prompt), count, cancel, TokenChoice(temperature, seed))

    def forget(self) -> None:
        self._cache = None
        self._filled = 0
        self._kept = []

    def close(self) -> None:
        self.forget()
        self._open.clear()
        self._rotations = None
        self._embedding = np.empty((0, 0))

    def _decode(self, prompt: list[int], count: int, cancel: CancelToken, choice: TokenChoice) -> Iterator[int]:
        started = time.perf_counter()
        step = _shortest(self._steps, len(prompt) + count)
        with ExitStack() as self._trial:
            logits = self._prefill(prompt, cancel)
            self.prefill_ms = (time.perf_counter() - started) * 1000
            for made in range(1, count + 1):
                cancel.raise_if_cancelled()
                token = choice.of(logits)
                # A graph that may end the process is tried at once, also where one token is taken only to warm up.
                ahead = made < count and step.graph not in self._tried
                if ahead:
                    logits = self._run(step, [token], cancel)
                yield token
                if made < count and not ahead:
                    logits = self._run(step, [token], cancel)

    def _prefill(self, prompt: list[int], cancel: CancelToken) -> Array:
        """Read what is not kept of `prompt`, chunk by chunk. Returns the logits of its last token."""
        window = _shortest(self._prefills, len(prompt))
        self._keep_shared(prompt, window.tokens)
        self.reused_tokens = len(self._kept)
        logits = np.empty(0)
        while self._filled < len(prompt):
            cancel.raise_if_cancelled()
            chunk = prompt[self._filled : self._filled + window.tokens]
            logits = self._run(window, chunk, cancel)
            if len(chunk) == window.tokens:
                self._kept += chunk
        return logits

    def _keep_shared(self, prompt: list[int], chunk: int) -> None:
        """Whole chunks that `prompt` begins with, but for the last one: its logits are wanted."""
        shared = min(common_prefix(self._kept, prompt), len(prompt) - 1) // chunk * chunk
        if self._cache is None or self._chunk != chunk:
            shared = 0
        self._chunk = chunk
        self._filled = shared
        del self._kept[shared:]

    def _run(self, window: DecoderWindow, tokens: Sequence[int], cancel: CancelToken) -> Array:
        """Read `tokens` as those that follow what the cache holds; returns the logits of the last."""
        name = window.graph
        if name not in self._tried:
            self._trial.enter_context(self._place.at_work(name))
        if name not in self._open:
            self._open[name] = OpenWindow(self._place.open_graph(name), window, self._static)
        logits = self._read(self._open[name], window, tokens, cancel)
        self._tried.add(name)
        if window.tokens == 1:
            self._trial.close()
        return logits

    def _read(self, opened: OpenWindow, window: DecoderWindow, tokens: Sequence[int], cancel: CancelToken) -> Array:
        cache, rotations = self._memory(window, opened.dtype)
        logits = opened.run(self._embedding[tokens], self._filled, cache, rotations, cancel)
        self._filled += len(tokens)
        return logits

    def _memory(self, window: DecoderWindow, dtype: np.dtype[Any]) -> tuple[Cache, Rotations]:
        """A cache as long as the window's, with what the one before held; made once for many runs."""
        cache = self._cache
        try:
            if cache is None or cache.length != window.cache:
                cache = Cache(self._static, window.cache, dtype)
                if self._cache is not None:
                    cache.take(self._cache, self._filled)
                self._cache = cache
            if self._rotations is None:
                positions = max(one.cache + one.tokens for one in self._static.windows)
                self._rotations = Rotations(self._static, positions, dtype)
        except MemoryError as error:
            raise no_memory(self._place.pack.id) from error
        return cache, self._rotations


def _shortest(windows: Sequence[DecoderWindow], tokens: int) -> DecoderWindow:
    """The first, by length, whose cache holds as many; there is one up to `context_tokens`."""
    return next(window for window in windows if window.cache >= tokens)
