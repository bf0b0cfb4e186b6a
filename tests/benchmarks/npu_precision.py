"""What fewer bits cost and save on the NPU: fp32, fp16 and small weights, as one table per model.

    python -m tests.benchmarks.npu_precision --packs DIR [--model embedder] [--texts 200] [--questions 60] [--refused]

Sizes and the seconds of compiling come from the NPU's compiler, agreement from its emulator (`--processor-only`:
none of both), scores from the same graphs on the processor, which computes what the emulator does (a column says how
nearly). Retrieval is that of `tests.benchmarks.retrieval`; answers are those to questions of SQuADShifts, read from
../shared, out of their passages. `--refused` adds the language model in 16-bit integers, which is not offered.
Prints Markdown; `--json FILE` writes the same. No time here says how fast a chip is.
"""

# ruff: noqa: T201 - a benchmark's output is what it prints

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from models.convert.decoder.static import write_static as write_decoder
from models.convert.encoder.static import write_static as write_encoder
from models.training.quantised.blocks import BlockProducts
from models.training.quantised.encoder import write_static as write_quantised_encoder
from rag_core.answer.focus import rank_pieces
from rag_core.answer.prompt import build_prompt
from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.evaluate import metrics
from rag_core.generate.chat import ChatTokenizer
from rag_core.generate.static_decoder import StaticDecoder
from rag_core.index.store import Store
from rag_core.progress import CancelToken
from rag_core.runtime.devices import CPU, Device, list_devices
from rag_core.runtime.npu.targets import EMULATOR
from rag_core.runtime.pack import Pack, find_pack
from rag_core.runtime.places import Place, Places
from rag_core.runtime.session import Session
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.types import FloatArray, Passage
from tests.benchmarks import retrieval
from tests.benchmarks.npu_decoder import WINDOWS, compiled_for, cosine_of, loop_of, sample_prompts, written
from tests.benchmarks.npu_encoder import sample_texts
from tests.benchmarks.quantised_decoder import write_refused_decoder

QUESTIONS = retrieval.SHARED.parents[1] / "qa" / "squadshifts.jsonl.gz"
EMULATED_BUCKETS = ((1, 32), (1, 128), (1, 256))
PROCESSOR_BUCKETS = ((1, 32), (8, 128), (8, 256))
_READ_TOKENS, _FORCED_TOKENS = 64, 4  # on the emulator: a chunk of each prompt, and some steps
_ANSWER_TOKENS = 32

Row = dict[str, str]
Writer = Callable[[Pack, Path], Pack]
Chosen = TypeVar("Chosen")


@dataclass(frozen=True, slots=True)
class Devices:
    """`npu` is None where the emulator shall not be used."""

    processor: Device
    npu: Device | None


def main() -> None:
    options = _options()
    inventory = list_devices()
    processor = inventory.first(CPU)
    assert processor is not None
    devices = Devices(processor, None if options.processor_only else inventory.npu)
    tables: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory(prefix="npu-precision-") as folder:
        if options.model in ("both", "embedder"):
            rows = embedder_rows(find_pack(options.packs, "embedder", None), Path(folder), devices, options)
            tables["embedder"] = list(_shown("Embedder", rows))
        if options.model in ("both", "llm"):
            source = find_pack(options.packs, "llm", None)
            rows = decoder_rows(source, Path(folder), devices, options)
            tables["llm"] = list(_shown("Language model", rows))
    if options.json:
        options.json.write_text(json.dumps(tables, indent=1), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, required=True, help="the folder of installed packs")
    parser.add_argument("--model", choices=("both", "embedder", "llm"), default="both")
    parser.add_argument("--texts", type=int, default=200, help="for the embedder")
    parser.add_argument("--processor-only", action="store_true", help="do not compile, do not emulate")
    parser.add_argument("--questions", type=int, default=60, help="for answers; 0: no scores")
    parser.add_argument("--refused", action="store_true")
    parser.add_argument("--only", help="one precision, beside fp32")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _shown(title: str, rows: Iterator[Row]) -> Iterator[Row]:
    """Prints each row as it is known."""
    print(f"\n## {title}\n")
    for number, row in enumerate(rows):
        if not number:
            print(f"| {' | '.join(row)} |\n|{'---|' * len(row)}")
        print(f"| {' | '.join(row.values())} |", flush=True)
        yield row


def embedder_rows(source: Pack, folder: Path, devices: Devices, options: argparse.Namespace) -> Iterator[Row]:
    writers: dict[str, Callable[[Path, Any], Pack]] = {
        "fp32": lambda path, shapes: write_encoder(source, path, shapes, "fp32"),
        "fp16": lambda path, shapes: write_encoder(source, path, shapes, "fp16"),
        "w8a16": lambda path, shapes: write_quantised_encoder(source, path, shapes),
    }
    samples = sample_texts(PackTokenizer(source.path_of("tokenizer.json")), options.texts)
    exact: FloatArray | None = None
    for precision, write in _chosen(writers, options):
        static = write(folder / f"encoder-{precision}", PROCESSOR_BUCKETS)
        encoder = _encoder(source, static, devices.processor)
        vectors = encoder.encode_passages(samples)
        exact = vectors if exact is None else exact
        row = {"precision": precision, "weights MB": _weights_mb(static)} | _NOT_COMPILED
        row |= {"cosine to fp32 (mean, least)": "1", "cosine to the processor (least)": "-"}
        if devices.npu is not None and precision != "fp32":
            few = write(folder / f"emulated-{precision}", EMULATED_BUCKETS)
            contexts = compiled_for(few, folder / f"contexts-{precision}", devices.npu, EMULATOR)
            emulated = _encoder(source, contexts, devices.npu).encode_passages(samples)
            row |= _compiled(contexts, devices.npu) | _cosines(emulated, exact, vectors)
        elif precision != "fp32":
            row |= _cosines(vectors, exact, vectors)
        yield row | (_retrieval(encoder) if options.questions else {})


def _chosen(writers: dict[str, Chosen], options: argparse.Namespace) -> list[tuple[str, Chosen]]:
    return [(name, write) for name, write in writers.items() if options.only in (None, name) or name == "fp32"]


_NOT_COMPILED = {"context MB": "-", "compiled in s": "-", "nodes on the NPU": "-"}


def _encoder(source: Pack, pack: Pack, device: Device) -> Encoder:
    return open_encoder(source, Places((_place(pack, device),)))


def _place(pack: Pack, device: Device) -> Place:
    return Place(device, pack, EMULATOR if device.emulated else None)


def _sessions(pack: Pack, device: Device) -> dict[str, Session]:
    return {graph.name: _place(pack, device).open_graph(graph.name) for graph in pack.manifest.graphs}


def _cosines(vectors: FloatArray, exact: FloatArray, same_graph: FloatArray) -> Row:
    to_exact = np.sum(vectors * exact, axis=1)
    to_same = np.sum(vectors * same_graph, axis=1)
    return {
        "cosine to fp32 (mean, least)": f"{to_exact.mean():.5f}, {to_exact.min():.5f}",
        "cosine to the processor (least)": f"{to_same.min():.5f}",
    }


def _compiled(contexts: Pack, npu: Device) -> Row:
    """The largest graph's context; all were proven to be on the NPU as a whole, or compiling had failed."""
    graphs = contexts.manifest.provenance["graphs"].values()
    sizes = [path.stat().st_size for path in contexts.root.glob("*.bin")]
    return {
        "context MB": f"{max(sizes) / 1e6:.1f}",
        "compiled in s": f"{max(graph['seconds'] for graph in graphs):.1f}",
        "nodes on the NPU": f"100 % of {max(int(graph['nodes']) for graph in graphs)}",
    }


def _weights_mb(static: Pack) -> str:
    return f"{sum(path.stat().st_size for path in static.root.glob('*.data')) / 1e6:.1f}"


def _retrieval(encoder: Encoder) -> Row:
    """nDCG@10 over the 472 questions of chunking_evaluation, by vectors alone and as the product searches."""
    if not retrieval.SHARED.is_dir():
        return {"nDCG@10 dense": "-", "nDCG@10 hybrid": "-"}
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        corpora = retrieval.raw_corpora()
        index = retrieval.build(store, encoder, corpora, 220)
        asked, chunks = retrieval.questions(corpora), retrieval.Chunks.of(index)
        vectors = encoder.encode_queries([a.question for a in asked])
        relevant = [chunks.relevant(a) for a in asked]
        row = {}
        for name in ("dense", "hybrid"):
            search = retrieval.systems(index)[name]
            gains = (
                retrieval.score(search(a.question, vector), chunks, wanted)["nDCG@10"]
                for a, vector, wanted in zip(asked, vectors, relevant, strict=True)
            )
            row[f"nDCG@10 {name}"] = f"{metrics.mean(gains):.4f}"
    return row


def decoder_rows(source: Pack, folder: Path, devices: Devices, options: argparse.Namespace) -> Iterator[Row]:
    chat = ChatTokenizer(source)
    prompts = [prompt for _, prompt in sample_prompts(source, chat, 5)]
    writers: dict[str, Writer] = {
        "fp32": lambda pack, path: write_decoder(pack, path, WINDOWS, "fp32"),
        "fp16": lambda pack, path: write_decoder(pack, path, WINDOWS, "fp16"),
        "w4a16": lambda pack, path: write_decoder(pack, path, WINDOWS, "fp16", BlockProducts()),
    }
    if options.refused:
        writers["w8a16, integers"] = lambda pack, path: write_refused_decoder(folder / "fp32", path, prompts)
    expected: list[tuple[list[int], list[FloatArray]]] = []
    for precision, write in _chosen(writers, options):
        static = write(source, folder / precision)
        loop = loop_of(static, _sessions(static, devices.processor))
        forced = [one for one, _ in expected] or [[]] * len(prompts)
        got = [written(loop, prompt, 0, _ANSWER_TOKENS, one) for prompt, one in zip(prompts, forced, strict=True)]
        expected = expected or got
        row = {"precision": precision, "weights MB": _weights_mb(static)} | _NOT_COMPILED | _agreement(got, expected)
        row["cosine to the processor (least)"] = "-"
        if devices.npu is not None and precision != "fp32":
            contexts = compiled_for(static, folder / f"contexts-{precision}", devices.npu, EMULATOR)
            row |= _compiled(contexts, devices.npu)
            npu = loop_of(contexts, _sessions(contexts, devices.npu))
            start = prompts[0][:_READ_TOKENS]
            tokens, plain = written(loop, start, 0, _FORCED_TOKENS)
            _, emulated = written(npu, start, 0, _FORCED_TOKENS, tokens)
            least = min(cosine_of(one, other) for one, other in zip(emulated, plain, strict=True))
            row["cosine to the processor (least)"] = f"{least:.5f}"
        yield row | _answers(source, static, chat, devices.processor, options.questions)


def _agreement(
    got: list[tuple[list[int], list[FloatArray]]], expected: list[tuple[list[int], list[FloatArray]]]
) -> Row:
    """Of the tokens after the sample prompts, each written after what fp32 wrote before."""
    pairs = list(zip(got, expected, strict=True))
    equal = [a == b for one, other in pairs for a, b in zip(one[0], other[0], strict=True)]
    cosines = [cosine_of(a, b) for one, other in pairs for a, b in zip(one[1], other[1], strict=True)]
    return {
        "tokens as in fp32": f"{sum(equal)} of {len(equal)}",
        "cosine of logits (mean, least)": f"{np.mean(cosines):.5f}, {min(cosines):.5f}",
    }


def _answers(source: Pack, static: Pack, chat: ChatTokenizer, processor: Device, count: int) -> Row:
    """How much of the reference's words an answer has, and F1 of both."""
    if not count or not QUESTIONS.is_file():
        return {"answers: recall": "-", "answers: F1": "-"}
    decoder = StaticDecoder(_place(static, processor))
    ends = frozenset(int(token) for token in source.manifest.spec["eos_token_ids"])
    recalls, f1s = [], []
    for asked in _asked(count):
        tokens = []
        for token in decoder.tokens_after(_prompt(asked, source, chat), _ANSWER_TOKENS, CancelToken()):
            if token in ends:
                break
            tokens.append(token)
        answer = chat.text(tokens)
        recalls.append(metrics.answer_recall(answer, asked["answer"]))
        f1s.append(metrics.answer_f1(answer, asked["answer"]))
    return {"answers: recall": f"{metrics.mean(recalls):.3f}", "answers: F1": f"{metrics.mean(f1s):.3f}"}


def _asked(count: int) -> Iterator[dict[str, Any]]:
    with gzip.open(QUESTIONS, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    yield from rows[:: max(1, len(rows) // count)][:count]


def _prompt(asked: dict[str, Any], source: Pack, chat: ChatTokenizer) -> list[int]:
    text = asked["passage"]
    passage = Passage(1, (), "", "passage.txt", asked["title"] or "", 1, "", 0, len(text), text, ())
    pieces = rank_pieces(asked["question"], [passage], None)
    # Less than the product's own, so that prompt and answer fit into the smallest cache.
    room = min(int(source.manifest.spec["evidence_tokens"]), 180)
    return chat.prompt(build_prompt(asked["question"], pieces, (), room, lambda t: len(chat.tokens(t))).messages)


if __name__ == "__main__":
    main()
