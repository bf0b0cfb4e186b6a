"""The embedder on the NPU, or on its emulator: how near to the CPU's fp32, and what compiling and loading take.

    python -m tests.benchmarks.npu_encoder --packs PACKS [--texts 200]

Writes the graphs of fixed shapes, compiles them, loads what was compiled, and encodes texts that come with the program:
its sample documents in pieces of several lengths, their questions, and the texts of
`models.convert.encoder.calibration_texts.json`.
On the emulator 200 texts take some minutes, and no time here says anything about a chip but that of compiling.
"""

# ruff: noqa: T201 - a benchmark's output is what it prints

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from models.convert.encoder.calibration import TEXTS
from models.convert.encoder.static import write_static
from models.npu.plan import Needs, plan_for
from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import encoder_of, open_encoder
from rag_core.evaluate.questions import load_questions
from rag_core.ingest.chunker import chunk_document
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.registry import readable_suffixes
from rag_core.model_protocols import TokenCounter
from rag_core.paths import SAMPLES
from rag_core.runtime.devices import Device, list_devices
from rag_core.runtime.npu.compiled import expected_stamp
from rag_core.runtime.npu.compiling import compile_static
from rag_core.runtime.npu.static import RECIPE, encoder_shapes
from rag_core.runtime.npu.targets import EMULATOR, Target, this_target
from rag_core.runtime.pack import Pack, find_pack, open_pack, verify
from rag_core.runtime.places import Place, Places
from rag_core.runtime.session import Session, open_on
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.types import FloatArray
from tests.ingest.reading_here import parse_file

Result = TypeVar("Result")

_AMPLE = Needs(10**12, 10**12)
_PIECE_TOKENS = (24, 60, 110, 220)


def main() -> None:
    options = _options()
    inventory = list_devices()
    device = inventory.npu
    if device is None:
        raise SystemExit(" ".join(map(str, inventory.notes)) or "This machine has no NPU, and none is emulated.")
    source = find_pack(options.packs, "embedder", options.embedder)
    target = this_target(inventory) or EMULATOR
    print(f"{source.id} on {device.name} ({target.title}), {options.precision}")
    with tempfile.TemporaryDirectory() as folder:
        static = write_static(
            source, Path(folder) / "static", plan_for(source, target, _AMPLE).shapes, options.precision
        )
        contexts = _compiled(source, static, Path(folder) / "contexts", device, target)
        sessions = _loaded(static, contexts, device, target)
        _compare(source, contexts, sessions, device, options.texts)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, required=True)
    parser.add_argument("--embedder", help="id of the pack, where there are several")
    parser.add_argument("--precision", choices=("fp16", "fp32"), default="fp16")
    parser.add_argument("--texts", type=int, default=200)
    return parser.parse_args()


def _compiled(source: Pack, static: Pack, folder: Path, device: Device, target: Target) -> Pack:
    for _ in compile_static(static, folder, device, target, expected_stamp(source, target, RECIPE)):
        pass
    return open_pack(folder)


def _loaded(static: Pack, contexts: Pack, device: Device, target: Target) -> dict[str, Session]:
    """Each graph opened from its source and from what was compiled, in turn; the latter are kept."""
    sessions: dict[str, Session] = {}
    print(f"weights as written: {_megabytes(static.path_of('weights.data')):.1f} MB")
    for graph in contexts.manifest.graphs:
        compile_s, plain = _timed(partial(open_on, static, graph.name, device, target=target))
        load_s, sessions[graph.name] = _timed(partial(open_on, contexts, graph.name, device, target=target))
        check_s, _ = _timed(partial(verify, contexts, graph.files))
        size = sum(_megabytes(contexts.path_of(name)) for name in graph.files)
        placed = ", ".join(f"{count} nodes on {provider}" for provider, count in plain.nodes.items())
        print(
            f"{graph.name:14} compiled in {compile_s:6.2f} s, loaded in {load_s:5.2f} s ({compile_s / load_s:4.1f}x) "
            f"and checked in {check_s:5.2f} s, {size:5.1f} MB, {placed}"
        )
    return sessions


@dataclass(frozen=True)
class Opened(Place):
    """A place where all that is needed is open."""

    sessions: Mapping[str, Session] = field(default_factory=dict)

    def open_graph(self, name: str) -> Session:
        return self.sessions[name]


def _compare(source: Pack, contexts: Pack, sessions: dict[str, Session], device: Device, wanted: int) -> None:
    tokenizer = PackTokenizer(source.path_of("tokenizer.json"))
    npu = encoder_of(source, Places((Opened(device, contexts, sessions=sessions),)))
    exact, everyday = open_encoder(source, graph="fp32"), open_encoder(source)
    texts = sample_texts(exact, wanted)
    sizes = sorted(bucket.tokens for bucket in encoder_shapes(contexts).buckets)
    filled = Counter(next(s for s in sizes if s >= len(ids)) for ids in tokenizer.encode_batch(texts, npu.max_tokens))
    print(f"{len(texts)} texts by the smallest graph that holds them: {dict(sorted(filled.items()))}")
    seconds, vectors = _timed(lambda: npu.encode_passages(texts))
    print(f"encoded in {seconds:.0f} s")
    _print_cosines("NPU to CPU fp32", vectors, exact, texts)
    if everyday.placement.precision != "fp32":
        _print_cosines(f"NPU to CPU {everyday.placement.precision}", vectors, everyday, texts)
        _print_cosines(f"CPU {everyday.placement.precision} to CPU fp32", everyday.encode_passages(texts), exact, texts)


def _print_cosines(label: str, vectors: FloatArray, reference: Encoder, texts: Sequence[str]) -> None:
    cosines = np.sum(vectors * reference.encode_passages(texts), axis=1)
    print(f"cosine of {label}: mean {cosines.mean():.6f}, worst {cosines.min():.6f}")


def sample_texts(counter: TokenCounter, wanted: int) -> list[str]:
    """Of all there are, every so manieth."""
    found = list(dict.fromkeys(_all_texts(counter)))
    return [found[at * len(found) // wanted] for at in range(wanted)] if wanted < len(found) else found


def _all_texts(counter: TokenCounter) -> Iterator[str]:
    yield from TEXTS
    yield from (question.question for question in load_questions(SAMPLES / "questions.jsonl"))
    documents = [parse_file(path, ParseLimits()) for path in sorted(SAMPLES.iterdir()) if _is_document(path)]
    for tokens in _PIECE_TOKENS:
        for document in documents:
            yield from (chunk.text for chunk in chunk_document(document, counter, tokens))


def _is_document(path: Path) -> bool:
    return path.suffix in readable_suffixes()


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


if __name__ == "__main__":
    main()
