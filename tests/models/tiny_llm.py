"""Tiny decoders with random weights, as folders that onnxruntime-genai opens: other architectures in miniature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.convert.decoder.genai_config import write_genai_config
from models.convert.decoder.graph import GraphOptions, write_decoder
from models.convert.decoder.network import Network
from models.convert.decoder.weights import Layer, Matrix, Weights, quantise
from rag_core.types import FloatArray

SPECIAL = ("<|end|>", "<|user|>", "<|assistant|>", "<|system|>")
TEMPLATE = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}<|assistant|>"
NO_SYSTEM_TEMPLATE = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + TEMPLATE
)

QWEN_LIKE = Network(
    layers=2,
    hidden=64,
    heads=4,
    kv_heads=2,
    head_size=16,
    feed_forward=96,
    vocabulary=320,
    context_tokens=256,
    rope_theta=1e6,
    norm_epsilon=1e-6,
    qkv_bias=True,
    tied_embedding=False,
)
GEMMA_LIKE = Network(
    layers=2,
    hidden=64,
    heads=2,
    kv_heads=1,
    head_size=32,
    feed_forward=128,
    vocabulary=320,
    context_tokens=256,
    rope_theta=1e4,
    norm_epsilon=1e-6,
    activation="gelu_tanh",
    embedding_scale=8.0,
)


def write_folder(
    folder: Path,
    network: Network,
    kind: str,
    template: str = TEMPLATE,
    bits: int = 0,
    options: GraphOptions | None = None,
) -> Path:
    """A whole model folder. `bits` 0 keeps the weights in float32."""
    folder.mkdir(parents=True, exist_ok=True)
    write_decoder(network, random_weights(network, bits), folder / "model.onnx", options)
    write_genai_config(network, folder, "model.onnx", kind=kind, bos=0, eos=(0,), pad=0)
    write_tokenizer(folder, template)
    return folder


def random_weights(network: Network, bits: int = 0, seed: int = 0) -> Weights:
    """Weights at the scale of trained ones, the same for the same seed."""
    generator = np.random.default_rng(seed)

    def floats(rows: int, columns: int) -> FloatArray:
        values: FloatArray = generator.standard_normal((rows, columns), dtype=np.float32)
        return values * np.float32(columns**-0.5)

    def matrix(rows: int, columns: int) -> Matrix:
        values = floats(rows, columns)
        return quantise(values, bits, 32) if bits else values

    def norm() -> FloatArray:
        return (1 + 0.1 * generator.standard_normal(network.hidden)).astype(np.float32)

    def layers() -> Iterator[Layer]:
        qkv_rows = network.q_size + 2 * network.kv_size
        for _ in range(network.layers):
            bias = 0.1 * generator.standard_normal(qkv_rows) if network.qkv_bias else None
            yield Layer(
                norm(),
                matrix(qkv_rows, network.hidden),
                matrix(network.hidden, network.q_size),
                norm(),
                matrix(2 * network.feed_forward, network.hidden),
                matrix(network.hidden, network.feed_forward),
                None if bias is None else bias.astype(np.float32),
            )

    embedding = floats(network.vocabulary, network.hidden)
    head = None if network.tied_embedding else matrix(network.vocabulary, network.hidden)
    return Weights(embedding, list(layers()), norm(), head)


def write_tokenizer(folder: Path, template: str) -> None:
    """Every byte is a token (GPT-2's letters for bytes), after the special ones."""
    letters = _letters_of_bytes()
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    as_letters = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    vocabulary = {token: i for i, token in enumerate((*SPECIAL, *letters))}
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "added_tokens": [{"id": i, "content": token} | flags for i, token in enumerate(SPECIAL)],
        "normalizer": None,
        "pre_tokenizer": as_letters,
        "post_processor": None,
        "decoder": as_letters,
        "model": {"type": "BPE", "unk_token": None, "vocab": vocabulary, "merges": []},
    }
    config = {"tokenizer_class": "GPT2Tokenizer", "eos_token": SPECIAL[0], "chat_template": template}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def _letters_of_bytes() -> list[str]:
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]
