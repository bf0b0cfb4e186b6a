"""The language model on the NPU's emulator against the same weights on the processor: does it say the same?

    python -m tests.benchmarks.npu_decoder --packs DIR [--tokens 32] [--prompts 5] [--json FILE]

Prompts are those that questions to the sample documents make. The processor computes in float32, the emulator in
float16. Compared are greedy tokens, each written on from its own (free) and from the processor's (forced); where they
differ, the processor's logits of the two tokens tell whether they were nearly tied. Also what compiling costs and
gives: the seconds, the size, what opening a context again takes, and one binary for both graphs against one graph's.
Prints Markdown. Five prompts take about ten minutes on two cores; nothing here says how fast a chip is.
"""

# ruff: noqa: T201 - a benchmark's output is what it prints

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from models.convert.decoder.static import write_static
from models.recipes.smollm2.recipe import PACK_ID
from rag_core.answer.focus import rank_pieces
from rag_core.answer.prompt import build_prompt
from rag_core.evaluate.questions import Question, load_questions
from rag_core.generate.backend import common_prefix
from rag_core.generate.chat import ChatTokenizer
from rag_core.ingest.chunker import chunk_document
from rag_core.paths import SAMPLES
from rag_core.runtime.devices import CPU, QNN, Device, list_devices
from rag_core.runtime.npu.compiled import expected_stamp
from rag_core.runtime.npu.compiling import compile_static
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR, TARGETS, Target
from rag_core.runtime.pack import Pack, open_pack
from rag_core.runtime.session import Session, open_on
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.types import FloatArray, Passage
from tests.ingest.reading_here import parse_file
from tests.models.static_loop import Array, StaticLoop

CHUNK, CACHE = 64, 512
WINDOWS = ((CHUNK, CACHE), (1, CACHE))
_OPENINGS = 3
_PASSAGES, _PASSAGE_TOKENS = 5, 220  # as libraries are cut and searched


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the emulator chose another token after the same text. Gaps are the processor's logits of the two.

    `error` is the root of the mean square of how far the emulator's logits are off there, `spread` the standard
    deviation of the processor's logits.
    """

    position: int
    processor: str
    emulator: str
    gap: float
    error: float
    spread: float


@dataclass(slots=True)
class Agreement:
    """`answer_tokens` are those up to the processor's end of the answer, where a person's question stops."""

    question: str
    prompt_tokens: int
    tokens: int
    answer_tokens: int
    equal_free: int = 0
    equal_forced: int = 0
    equal_answer: int = 0
    cosine: float = 1.0
    answer: str = ""
    differences: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class Compiled:
    """Of one graph, its context not shared. `nodes` per execution provider, counted when it was compiled."""

    graph: str
    compile_s: float
    cached_load_s: float
    context_mb: float
    nodes_on_npu: int


@dataclass(slots=True)
class Report:
    pack: str
    compiled: list[Compiled] = field(default_factory=list)
    shared_mb: float = 0.0
    agreement: list[Agreement] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packs", type=Path, required=True, help="the folder of installed packs")
    parser.add_argument("--pack", default=PACK_ID)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--prompts", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    source = open_pack(chosen.packs / chosen.pack)
    report = Report(source.id)
    with tempfile.TemporaryDirectory(prefix="npu-decoder-") as scratch:
        for _ in fill(report, source, Path(scratch), chosen.tokens, chosen.prompts):
            if chosen.json:
                chosen.json.write_text(json.dumps(asdict(report), indent=1, ensure_ascii=False), encoding="utf-8")
    print(as_markdown(report))


def fill(report: Report, source: Pack, scratch: Path, tokens: int, prompts: int) -> Iterator[None]:
    """Measure, one thing after the other; what is known so far is in `report`."""
    inventory = list_devices()
    npu, processor = inventory.first(QNN), inventory.first(CPU)
    if npu is None or processor is None:
        raise SystemExit(" ".join(map(str, inventory.notes)))
    half = write_static(source, scratch / "fp16", WINDOWS, "fp16")
    full = write_static(source, scratch / "fp32", WINDOWS, "fp32")
    contexts = compiled_for(half, scratch / "contexts", npu, EMULATOR)
    sessions: dict[str, Session] = {}
    for graph in contexts.manifest.graphs:
        seconds = []
        for _ in range(_OPENINGS):
            sessions.pop(graph.name, None)
            started = time.perf_counter()
            sessions[graph.name] = open_on(contexts, graph.name, npu, target=EMULATOR)
            seconds.append(time.perf_counter() - started)
        report.compiled.append(_compiled(contexts, graph.name, statistics.median(seconds)))
        yield
    sharing = next(target for target in TARGETS if target.shares_weights)
    report.shared_mb = _binaries_mb(compiled_for(half, scratch / "shared", npu, sharing))
    yield
    emulated = loop_of(contexts, sessions)
    plain = loop_of(full, {name: open_on(full, name, processor) for name in sessions})
    chat = ChatTokenizer(source)
    read: list[int] = []
    ends = frozenset(int(token) for token in source.manifest.spec["eos_token_ids"])
    for question, prompt in sample_prompts(source, chat, prompts):
        shared = common_prefix(read, prompt) // CHUNK * CHUNK
        report.agreement.append(compare(question, prompt, tokens, shared, plain, emulated, chat, ends))
        read = prompt
        yield


def compiled_for(static: Pack, folder: Path, device: Device, target: Target) -> Pack:
    for _ in compile_static(static, folder, device, target, expected_stamp(static, target, RECIPE)):
        pass
    return open_pack(folder)


def loop_of(pack: Pack, sessions: dict[str, Session]) -> StaticLoop:
    def run(graph: str, feeds: dict[str, Array]) -> list[Array]:
        return sessions[graph].run(feeds)

    return StaticLoop(pack, run)


def sample_prompts(source: Pack, chat: ChatTokenizer, count: int) -> list[tuple[str, list[int]]]:
    """For the first question to each of the sample documents, then for the others."""
    questions = [question for question in load_questions(SAMPLES / "questions.jsonl") if question.paths]
    first = {question.paths[0]: question for question in reversed(questions)}
    ordered = sorted(questions, key=lambda question: first[question.paths[0]] is not question)
    return [(question.question, prompt_of(question, source, chat)) for question in ordered[:count]]


def prompt_of(question: Question, source: Pack, chat: ChatTokenizer) -> list[int]:
    """As the program asks, from the question's document; what is found in it is ranked by its words."""

    def count(text: str) -> int:
        return len(chat.tokens(text))

    path = question.paths[0]
    counter = PackTokenizer(source.path_of("tokenizer.json"))
    chunks = list(chunk_document(parse_file(SAMPLES / path), counter, _PASSAGE_TOKENS))
    whole = [
        Passage(1, (), "", path, Path(path).stem, c.page, "", c.char_start, c.char_end, c.text, c.headings)
        for c in chunks
    ]
    nearest = dict.fromkeys(piece.passage for piece in rank_pieces(question.question, whole, None))
    passages = [replace(passage, rank=rank) for rank, passage in enumerate(list(nearest)[:_PASSAGES], start=1)]
    pieces = rank_pieces(question.question, passages, None)
    evidence_tokens = int(source.manifest.spec["evidence_tokens"])
    return chat.prompt(build_prompt(question.question, pieces, (), evidence_tokens, count).messages)


def compare(
    question: str,
    prompt: list[int],
    count: int,
    kept: int,
    plain: StaticLoop,
    emulated: StaticLoop,
    chat: ChatTokenizer,
    ends: frozenset[int],
) -> Agreement:
    """Both have read the first `kept` tokens of the prompt already, at least."""
    expected, theirs = written(plain, prompt, kept, count)
    forced, ours = written(emulated, prompt, kept, count, expected)
    equal = [a == b for a, b in zip(expected, forced, strict=True)]
    free = list(forced)
    if not all(equal):
        apart = equal.index(False)
        emulated.rewind(len(prompt) + apart)
        rest = [forced[apart]]
        while apart + len(rest) < count:
            rest.append(int(emulated.read(rest[-1:]).argmax()))
        free[apart:] = rest
    answer = next((n + 1 for n, token in enumerate(expected) if token in ends), count)
    agreement = Agreement(question, len(prompt), count, answer)
    same = [a == b for a, b in zip(expected, free, strict=True)]
    agreement.equal_free, agreement.equal_forced, agreement.equal_answer = sum(same), sum(equal), sum(same[:answer])
    agreement.cosine = min(cosine_of(a, b) for a, b in zip(theirs, ours, strict=True))
    agreement.answer = chat.text(expected)
    for position in np.flatnonzero(~np.array(equal)).tolist():
        before, after = theirs[position], ours[position]
        gap = before[expected[position]] - before[forced[position]]
        words = (chat.text([expected[position]]), chat.text([forced[position]]))
        error = float(np.sqrt(np.mean((after - before) ** 2)))
        agreement.differences.append(Difference(position, *words, float(gap), error, float(before.std())))
    return agreement


def written(
    loop: StaticLoop, prompt: list[int], kept: int, count: int, forced: Sequence[int] = ()
) -> tuple[list[int], list[FloatArray]]:
    """`count` greedy tokens and the logits that they were chosen by; with `forced`, each after the forced ones."""
    loop.rewind(kept)
    logits = [loop.read(prompt[kept:])]
    tokens = [int(logits[0].argmax())]
    while len(tokens) < count:
        logits.append(loop.read((forced or tokens)[len(tokens) - 1 : len(tokens)]))
        tokens.append(int(logits[-1].argmax()))
    return tokens, logits


def cosine_of(one: FloatArray, other: FloatArray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def as_markdown(report: Report) -> str:
    title = f"# {report.pack}: float16 on the emulated NPU against float32 on the processor"
    return "\n\n".join(part for part in (title, _cost_table(report), _agreement_table(report)) if part)


def _cost_table(report: Report) -> str:
    lines = [
        "| graph | compile s | open again s | times faster | context MB | nodes on the NPU |",
        "|---|---|---|---|---|---|",
    ]
    for one in report.compiled:
        seconds = f"{one.compile_s:.1f} | {one.cached_load_s:.2f} | {one.compile_s / one.cached_load_s:.0f}"
        lines.append(f"| {one.graph} | {seconds} | {one.context_mb:.1f} | {one.nodes_on_npu} (all) |")
    if report.compiled and report.shared_mb:
        more = report.shared_mb / max(one.context_mb for one in report.compiled) - 1
        lines += [
            "",
            f"One binary for all graphs: {report.shared_mb:.1f} MB, {more:+.1%} to the largest graph's alone.",
        ]
    return "\n".join(lines)


def _agreement_table(report: Report) -> str:
    lines = ["| question | prompt tokens | equal, free | equal, forced | in the answer | least cosine |"]
    lines.append("|---|---|---|---|---|---|")
    for one in report.agreement:
        equal = f"{one.equal_free} of {one.tokens} | {one.equal_forced} of {one.tokens}"
        equal += f" | {one.equal_answer} of {one.answer_tokens}"
        lines.append(f"| {one.question} | {one.prompt_tokens} | {equal} | {one.cosine:.5f} |")
    if total := sum(one.tokens for one in report.agreement):
        free = sum(one.equal_free for one in report.agreement) / total
        forced = sum(one.equal_forced for one in report.agreement) / total
        answer = sum(one.equal_answer for one in report.agreement) / sum(a.answer_tokens for a in report.agreement)
        lines.append(
            f"| all | | {free:.1%} | {forced:.1%} | {answer:.1%} | {min(one.cosine for one in report.agreement):.5f} |"
        )
    lines.append("")
    for one in report.agreement:
        lines += [
            f"- “{one.question}”, token {d.position + 1}: the processor wrote {d.processor!r}, the emulator "
            f"{d.emulator!r}; gap {d.gap:.3f}, error of the logits {d.error:.3f}, their spread {d.spread:.2f}"
            for d in one.differences
        ]
    return "\n".join(lines).rstrip()


def _compiled(contexts: Pack, graph: str, load_s: float) -> Compiled:
    facts = contexts.manifest.provenance["graphs"][graph]
    binary = next(name for name in contexts.graph(graph).files if name.endswith(".bin"))
    size = contexts.path_of(binary).stat().st_size / 1e6
    return Compiled(graph, facts["seconds"], load_s, size, int(facts["nodes"]))


def _binaries_mb(contexts: Pack) -> float:
    return sum(path.stat().st_size for path in contexts.root.glob("*.bin")) / 1e6


if __name__ == "__main__":
    main()
