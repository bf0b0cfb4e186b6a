"""The decoder that runs on onnxruntime-genai.

The state of the last prompt (its tokens and their keys and values) stays. The next prompt is compared with it token by
token; what they share is rewound to, not computed again, so a fixed system message costs its prefill once.

Reuse must not change an answer. Measured: however a prompt is cut into pieces of two tokens or more, its keys and
values come out the same to the last bit, but a single token takes another path whose rounding differs (logits by up to
0.6 after 30 layers with 8-bit activations). So no piece has one token, and what was generated is computed again when a
later prompt quotes it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rag_core.errors import DeviceFailed
from rag_core.generate.backend import common_prefix
from rag_core.generate.genai_runtime import PIPELINE, load_runtime, no_memory, open_model
from rag_core.messages import NOTHING, say
from rag_core.progress import CancelToken
from rag_core.runtime.pack import verify
from rag_core.runtime.places import Place
from rag_core.runtime.plugins import CPU

# The cache of keys and values is allocated for a window that grows in these steps up to the model's context: a token
# of it takes 46 kB in the default model, but 0.8 MB in one of 4 billion weights.
_WINDOW_STEP_TOKENS = 256
# A run of the model cannot be interrupted from Python, so a prompt goes in pieces of about this long.
_PIECE_MS = 150.0
_PIECE_TOKENS = (32, 256)
_LEAST_PIECE_TOKENS = 2
# genai cannot go back in the state of these.
_NOT_REWINDABLE = frozenset({"phi3v", "whisper", "lfm2", "decoder-pipeline"})


class GenaiDecoder:
    """A `TokenDecoder` for a pack whose folder onnxruntime-genai can open.

    Raises PackCorrupt (a file differs from the manifest, or the runtime refuses the model), MemoryDenied,
    ProviderUnavailable where the model is not at the place that it was opened for.
    """

    reason = NOTHING

    def __init__(self, place: Place) -> None:
        pack = place.pack
        verify(pack)
        self.graphs = pack.manifest.graphs[:1]
        self.reused_tokens = 0
        self.prefill_ms = 0.0
        self._pack_id = pack.id
        self._provider = place.device.provider
        self._genai = load_runtime()
        self._model = open_model(self._genai, place)
        self._in_one_piece = PIPELINE in pack.manifest.spec
        self.context_tokens = int(pack.manifest.spec["context_tokens"])
        self._rewindable = self._model.type not in _NOT_REWINDABLE
        self._state: Any = None
        self._sampling = False  # of the state: how tokens are chosen is settled when it is made
        self._window = 0
        self._kept: list[int] = []
        self._piece = _PIECE_TOKENS[0]

    def tokens_after(
        self, prompt: Sequence[int], count: int, cancel: CancelToken, temperature: float = 0.0, seed: int = 0
    ) -> Iterator[int]:
        self.reused_tokens, self.prefill_ms = 0, 0.0
        tokens = self._decode(list(prompt), count, cancel, temperature, seed)
        return tokens if self._provider == CPU else _on_device(tokens)

    def forget(self) -> None:
        self._state = None
        self._kept = []

    def close(self) -> None:
        self.forget()
        self._model = None

    def _decode(
        self, prompt: list[int], count: int, cancel: CancelToken, temperature: float, seed: int
    ) -> Iterator[int]:
        started = time.perf_counter()
        self._prepare_state(prompt, len(prompt) + count, temperature, seed)
        self.reused_tokens = len(self._kept)
        self._prefill(prompt, cancel)
        self.prefill_ms = (time.perf_counter() - started) * 1000
        for _ in range(count):
            cancel.raise_if_cancelled()
            self._state.generate_next_token()
            yield int(self._state.get_next_tokens()[0])

    def _prepare_state(self, prompt: list[int], needed: int, temperature: float, seed: int) -> None:
        """A state that holds nothing but the first tokens of `prompt`, as many as can be kept (never all of them)."""
        shared = min(common_prefix(self._kept, prompt), len(prompt) - _LEAST_PIECE_TOKENS)
        usable = self._state is not None and self._rewindable and needed <= self._window and shared > 0
        if temperature > 0 or self._sampling or not usable:
            self.forget()
            self._sampling = temperature > 0
            stepped = -(-needed // _WINDOW_STEP_TOKENS) * _WINDOW_STEP_TOKENS
            whole = self.context_tokens if self._in_one_piece else 0  # the shapes of its graphs are fixed
            self._window = min(max(self._window, stepped, whole), self.context_tokens)
            self._state = self._new_state(temperature, seed)
            return
        self._state.rewind_to(shared)
        del self._kept[shared:]

    def _new_state(self, temperature: float, seed: int) -> Any:
        options: dict[str, Any] = {
            "max_length": self._window,
            "batch_size": 1,
            "num_beams": 1,
            "do_sample": temperature > 0,
        }
        if temperature > 0:
            options |= {"temperature": temperature, "top_p": 0.95, "top_k": 50, "random_seed": seed}
        parameters = self._genai.GeneratorParams(self._model)
        parameters.set_search_options(**options)
        try:
            return self._genai.Generator(self._model, parameters)
        except MemoryError as error:
            raise no_memory(self._pack_id) from error

    def _prefill(self, prompt: list[int], cancel: CancelToken) -> None:
        while len(self._kept) < len(prompt):
            cancel.raise_if_cancelled()
            end = len(self._kept) + self._piece
            if self._in_one_piece or len(prompt) - end < _LEAST_PIECE_TOKENS:
                end = len(prompt)
            piece = prompt[len(self._kept) : end]
            started = time.perf_counter()
            before, self._kept = self._kept, []  # should this fail, nothing of the state is known any more
            self._state.append_tokens(np.array(piece, np.int32))
            self._kept = before + piece
            if len(piece) >= self._piece:
                self._resize_piece((time.perf_counter() - started) * 1000)

    def _resize_piece(self, took_ms: float) -> None:
        low, high = _PIECE_TOKENS
        if took_ms < _PIECE_MS / 2:
            self._piece = min(self._piece * 2, high)
        elif took_ms > _PIECE_MS * 2:
            self._piece = max(self._piece // 2, low)


def _on_device(tokens: Iterator[int]) -> Iterator[int]:
    """What a device cannot do any more is no mistake of ours. Raises DeviceFailed."""
    try:
        yield from tokens
    except RuntimeError as error:
        raise DeviceFailed(say("npu-failed", error=str(error)), say("ask-again-or-choose-model")) from error
