"""The sample documents that ship with the program: small, and there for everyone."""

from __future__ import annotations

from collections.abc import Iterator

from rag_core.engine import Engine
from rag_core.evaluate.questions import load_questions
from rag_core.evaluate.run import evaluate
from rag_core.paths import SAMPLES
from rag_core.progress import run_to_end
from tests.benchmarks.reader.figures import Figure
from tests.benchmarks.reader.program import Program

LIBRARY = "samples"


def figures(program: Program) -> Iterator[Figure]:
    """What `alcove eval --search-only` says of them."""
    with Engine(program.data_dir, LIBRARY, program.settings) as engine:
        run_to_end(engine.add([SAMPLES]))
        questions = load_questions(SAMPLES / "questions.jsonl")
        threshold = engine.settings.relevance_threshold
        report = run_to_end(evaluate(engine, questions, relevance_threshold=threshold, answers=False))
    for name, value, meaning in ((str(name), value, str(meaning)) for name, value, meaning in report.figures()):
        yield Figure(name, value, "", meaning)
