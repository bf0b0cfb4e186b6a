"""Packs of readers with small random weights: they say nothing sensible, but always the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.convert.encoder.graph import Arithmetic, Float32, write_encoder
from models.convert.encoder.network import Affine, Weights
from models.convert.encoder.quantise import Int8
from models.convert.encoder.reader_graph import ReadingHead
from models.convert.encoder.reader_weights import Heads
from rag_core.read.layout import Words
from rag_core.read.opening import open_reader
from rag_core.read.proof import row
from rag_core.runtime.pack import Canonical, Graph, Manifest, Pack, open_pack, write_manifest
from tests.models.tiny_minilm import CPU, NETWORK, random_weights, tokenizer

MAX_TOKENS = 32
PROOF: tuple[Words, ...] = (
    ("what is the notice?", "", "the notice period is 7 8 9"),
    ("is 3", "the period", "1 2 3 4"),
)


def random_heads(seed: int = 0) -> Heads:
    draw = np.random.default_rng(seed)

    def affine(outputs: int) -> Affine:
        weight = draw.normal(size=(outputs, NETWORK.hidden)).astype(np.float32)
        return Affine(weight, draw.normal(size=outputs).astype(np.float32))

    return Heads(affine(NETWORK.hidden), affine(2), affine(2))


def write_pack(
    root: Path,
    graphs: Sequence[tuple[str, Weights, Arithmetic]] = (("fp32", random_weights(), Float32()),),
    canonical: Canonical | None = None,
    scale: dict[str, float] | None = None,
) -> Pack:
    """A pack of (name, weights, arithmetic) in `root`."""
    root.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(root / "tokenizer.json"))
    for name, weights, arithmetic in graphs:
        model = write_encoder(NETWORK, weights, arithmetic, head=ReadingHead(random_heads()))
        (root / f"{name}.onnx").write_bytes(model.SerializeToString())
    calibration = dict.fromkeys(("relevance", "support", "answered"), scale or {"slope": 1.0, "offset": 0.0})
    manifest = Manifest(
        id="tiny-reader",
        role="reader",
        title="Tiny reader",
        licence="Apache-2.0",
        version="1",
        files=(),
        graphs=tuple(Graph(n, f"{n}.onnx", n, CPU, (f"{n}.onnx", "tokenizer.json")) for n, _, _ in graphs),
        spec={
            "max_tokens": MAX_TOKENS,
            "question_tokens": 8,
            "subject_tokens": 4,
            "tokenizer": "tokenizer.json",
            "languages": ["en"],
            "calibration": calibration,
        },
        canonical=canonical or Canonical(),
    )
    write_manifest(root, manifest)
    return open_pack(root)


def int8_and_fp32(seed: int = 0) -> tuple[tuple[str, Weights, Arithmetic], ...]:
    """The int8 graph may be of other weights than its reference."""
    return ("int8", random_weights(seed), Int8()), ("fp32", random_weights(), Float32())


def canonical(folder: Path) -> Canonical:
    """What the fp32 graph says here."""
    reader = open_reader(write_pack(folder), threads=1)
    return Canonical(tuple(map(json.dumps, PROOF)), {"fp32": tuple(map(row, reader.judge(PROOF)))})
