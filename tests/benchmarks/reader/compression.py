"""What the short prompt costs and saves: the sentences around the marked answers, against the same passages whole.

The same questions, passages, language model and worked examples; only what stands under "Text" differs. The score is
the share of the reference answer's words in what the model writes. Times mean something only on a machine that does
nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_core.answer.focus import Piece, rank_pieces
from rag_core.answer.prompt import Prompt, build_prompt
from rag_core.engine.fitting import fitting_prompt
from rag_core.engine.suited import room_for
from rag_core.evaluate import metrics
from rag_core.progress import CancelToken
from rag_core.stages import GENERATE
from rag_core.types import FloatArray, SearchResult
from tests.benchmarks.reader import abstention
from tests.benchmarks.reader.collections import read_qed
from tests.benchmarks.reader.figures import Figure, between
from tests.benchmarks.reader.libraries import Document, library_of
from tests.benchmarks.reader.program import Program
from tests.benchmarks.reader.questions import OTHER_HALF, held_out

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A question with its references, and what was found for it in how many milliseconds, sentences ranked."""

    question: str
    references: tuple[str, ...]
    result: SearchResult
    pieces: tuple[Piece, ...]
    searched_ms: float


@dataclass(frozen=True, slots=True)
class Written:
    """One prompt and what came of it. `evidence_tokens` are those of the passages' text alone."""

    prompt_tokens: int
    evidence_tokens: int
    score: float
    first_token_ms: float


def measure(
    program: Program, qa: Path, sets: Path, kept: Path, count: int
) -> tuple[list[Written], list[Written], list[Found]]:
    """With the short prompt and with whole passages."""
    found = [*_encyclopedia(program, qa, sets, kept, count), *_web(program, qa, sets, kept, count)]
    generator = program.models[GENERATE].model  # opened before anything is timed
    evidence, longest = room_for(program.settings, program.models[GENERATE])

    def fitting(one: Found) -> Prompt:
        return fitting_prompt(one.question, one.pieces, (), generator, evidence, longest, one.question)[0]

    _write(program, found[0], fitting(found[0]))
    short = [_write(program, f, fitting(f)) for f in found]
    whole = [_write(program, f, _whole(program, f)) for f in found]
    return short, whole, found


def _encyclopedia(program: Program, qa: Path, sets: Path, kept: Path, count: int) -> Iterator[Found]:
    """The large library of the half of SQuAD 2.0 that nothing was trained on."""
    known = {read.question: read.answers for read in held_out(qa, sets) if read.set == OTHER_HALF}
    plans = [plan for plan in abstention.plans(qa, sets, 4 * count) if plan.domain == "encyclopedia"]
    plan = max(plans, key=lambda plan: plan.pages)
    asked = [(text, known[text]) for text, kind in plan.questions if kind == "answerable"][:count]
    yield from _found(program, [Document(title, pages) for title, pages in plan.documents], asked, kept)


def _web(program: Program, qa: Path, sets: Path, kept: Path, count: int) -> Iterator[Found]:
    del sets
    collection = read_qed(qa)
    asked = [(a.question, a.answers) for a in collection.sample(4 * count) if a.answers][:count]
    yield from _found(program, collection.documents, asked, kept)


def _found(
    program: Program, documents: Sequence[Document], asked: Sequence[tuple[str, tuple[str, ...]]], kept: Path
) -> Iterator[Found]:
    index = library_of(documents, kept, program.encoder)
    for question, references in asked:
        started = time.perf_counter()
        result = program.search(question, index, _SHOWN)
        vector: FloatArray = program.encoder.encode_queries([question])[0]

        def cosines(texts: Sequence[str], vector: FloatArray = vector) -> list[float]:
            values: list[float] = (program.encoder.encode_passages(texts) @ vector).tolist()
            return values

        pieces = tuple(rank_pieces(question, result.passages, cosines))
        yield Found(question, references, result, pieces, (time.perf_counter() - started) * 1000)
    index.close()


def _whole(program: Program, found: Found) -> Prompt:
    """All that was found, from its first word to its last."""
    pieces = [Piece(passage, 0, len(passage.text), -float(passage.rank)) for passage in found.result.passages]
    generator = program.models[GENERATE].model
    _, longest = room_for(program.settings, program.models[GENERATE])
    room = generator.context_tokens - longest - 600  # the worked examples and the question
    return build_prompt(found.question, pieces, (), room, generator.count_tokens)


def _write(program: Program, found: Found, prompt: Prompt) -> Written:
    generator = program.models[GENERATE].model
    _, longest = room_for(program.settings, program.models[GENERATE])
    started, first, text = time.perf_counter(), 0.0, ""
    for piece in generator.generate(prompt.messages, max_new_tokens=longest, cancel=CancelToken()):
        first = first or time.perf_counter() - started
        text += piece
    return Written(
        prompt_tokens=generator.count_prompt_tokens(prompt.messages),
        evidence_tokens=sum(generator.count_tokens(part.text) for part in prompt.evidence),
        score=max(metrics.answer_recall(text, reference) for reference in found.references),
        first_token_ms=first * 1000,
    )


def report(short: Sequence[Written], whole: Sequence[Written], found: Sequence[Found]) -> Iterator[Figure]:
    def means(name: str) -> tuple[float, float]:
        return tuple(metrics.mean(getattr(one, name) for one in some) for some in (short, whole))  # type: ignore[return-value]

    shorter, longer = means("prompt_tokens")
    yield Figure(
        "prompt tokens, of those with whole passages", shorter / longer, "<= 0.50", f"{shorter:.0f} of {longer:.0f}"
    )
    shorter, longer = means("evidence_tokens")
    yield Figure("  of the passages' text alone", shorter / longer, "", f"{shorter:.0f} of {longer:.0f}")
    right, before = means("score")
    lost = [a.score - b.score for a, b in zip(short, whole, strict=True)]
    detail = (
        f"{right:.3f} with the short prompt, {before:.3f} with whole passages; {between([lost])}; {len(lost)} questions"
    )
    yield Figure("answer score gained", right - before, ">= 0", detail)
    shorter, longer = means("first_token_ms")
    detail = f"{shorter:.0f} of {longer:.0f} ms"
    yield Figure("time to first token, from the prompt", shorter / longer, "", detail)
    searched = metrics.mean(one.searched_ms for one in found)
    detail = f"{searched + shorter:.0f} of {searched + longer:.0f} ms, {searched:.0f} of both for searching and reading"
    yield Figure(
        "time to first token, from the question", (searched + shorter) / (searched + longer), "<= 0.60", detail
    )
