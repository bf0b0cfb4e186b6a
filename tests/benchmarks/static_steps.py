"""What a token costs besides the graph, when graphs have fixed shapes: buffers, masks, the cache, the choice.

    python -m tests.benchmarks.static_steps

In the shapes of SmolLM2 135M in float16, with sessions that do nothing. Prints milliseconds per step and per chunk of
64 tokens, the best of the rounds, for each length of the cache.
"""

# ruff: noqa: T201 - a benchmark's output is what it prints

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

import numpy as np

from rag_core.generate.static_decoder import StaticDecoder
from rag_core.generate.static_window import Array
from rag_core.progress import CancelToken
from rag_core.runtime.devices import Device
from rag_core.runtime.feeds import TensorInfo
from rag_core.runtime.npu.static import STATIC, DecoderShapes, DecoderWindow
from rag_core.runtime.pack import Manifest, open_pack, write_manifest
from rag_core.runtime.session import Session
from tests.benchmarks.npu_encoder import Opened

_ROUNDS, _CHUNKS, _TOKENS, _CHUNK = 9, 5, 128, 64


class Nothing:
    """Gives the same outputs whatever it is fed."""

    def __init__(self, static: DecoderShapes, window: DecoderWindow) -> None:
        shape = (1, static.kv_heads, static.head_size, window.tokens)
        outputs: dict[str, Array] = {
            "logits": np.random.default_rng(0).normal(size=(1, 1, static.vocabulary)).astype(np.float16)
        }
        for layer in range(static.layers):
            outputs[f"new.{layer}.key"] = np.ones(shape, np.float16)
            outputs[f"new.{layer}.value"] = np.ones(shape, np.float16).swapaxes(2, 3)
        self._given = list(outputs.values())
        self.inputs: tuple[TensorInfo, ...] = (
            TensorInfo("embedded", "tensor(float16)", (1, window.tokens, static.hidden)),
        )
        self.outputs = tuple(TensorInfo(name, "tensor(float16)", value.shape) for name, value in outputs.items())

    def run(self, feeds: Mapping[str, Array], cancel: CancelToken | None = None) -> list[Array]:
        return self._given


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for cache in (512, 1024, 2048, 4096):
            for temperature in (0.0, 0.7):
                rounds = [_round(decoder, temperature) for decoder in [_decoder(Path(folder), cache)] * _ROUNDS][1:]
                step = min(decode_ms / (_TOKENS - 1) for _, decode_ms in rounds)
                chunk = min(prefill_ms / _CHUNKS for prefill_ms, _ in rounds)
                print(f"cache {cache}, temperature {temperature}: step {step:.2f} ms, chunk {chunk:.2f} ms")


def _decoder(folder: Path, cache: int) -> StaticDecoder:
    windows = {"read": DecoderWindow("read", _CHUNK, cache), "step": DecoderWindow("step", 1, cache)}
    static = DecoderShapes(30, 576, 3, 64, 64, 1e4, 49152, 8192, "embedding.npy", tuple(windows.values()))
    np.save(folder / static.embedding, np.zeros((static.vocabulary, static.hidden), np.float16))
    write_manifest(folder, Manifest("nothing", "llm", "", "", "", (), (), {STATIC: asdict(static)}))
    sessions = {name: cast(Session, Nothing(static, window)) for name, window in windows.items()}
    device = Device("none", "unknown", "nothing", "", False, None)
    return StaticDecoder(Opened(device, open_pack(folder), sessions=sessions))


def _round(decoder: StaticDecoder, temperature: float) -> tuple[float, float]:
    """Milliseconds of the prompt, and of all tokens after the first."""
    decoder.forget()
    tokens = decoder.tokens_after(range(_CHUNK * _CHUNKS), _TOKENS, CancelToken(), temperature)
    next(tokens)
    started = time.perf_counter()
    for _ in tokens:
        pass
    return decoder.prefill_ms, (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
