"""`alcove demo`: the whole product on the documents that ship with it, in one command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rag_core.cli import DONE
from rag_core.cli.asking import show_answer
from rag_core.cli.contract import answer_contract
from rag_core.cli.library import show_problems, summary
from rag_core.cli.opening import data_dir_of, open_engine
from rag_core.cli.output import Output
from rag_core.cli.packs import build
from rag_core.cli.program import program_of
from rag_core.evaluate.questions import load_questions
from rag_core.paths import SAMPLES
from rag_core.types import Answer

LIBRARY = "samples"

# Stage, its name in `timings_ms`, and the model whose execution provider ran it.
_STAGES = (
    ("open the embedder", "load_embedder", "embed"),
    ("embed the question", "embed_query", "embed"),
    ("open the reader", "load_reader", "rerank"),
    ("search", "retrieve", ""),
    ("read the best passages", "rerank", "rerank"),
    ("first passages", "first_passages", ""),
    ("open the language model", "load_llm", "generate"),
    ("read the prompt", "prefill", "generate"),
    ("first word", "first_token", "generate"),
    ("write the answer", "decode", "generate"),
    ("check the answer", "check", "rerank"),
    ("whole question", "total", ""),
)


def demo(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    for left_out in output.run(build(arguments)):
        output.notice(left_out)
    with open_engine(arguments, LIBRARY) as engine:
        report = output.run(engine.add([SAMPLES]))
        output.text(f"Sample documents: {summary(report)}")
        show_problems(output, "Could not be read", report.failed)
        answers = []
        for question in load_questions(SAMPLES / "questions.jsonl"):
            if question.demo:
                output.text(f"\n─── {question.question}")
                answers.append(show_answer(output, engine.ask(question.question)))
    output.document({"version": 1, "answers": [answer_contract(answer) for answer in answers]})
    output.text()
    output.table(["milliseconds", *(f"question {n}" for n in range(1, len(answers) + 1)), "ran on"], _rows(answers))
    return _show_window(output, arguments)


def _show_window(output: Output, arguments: argparse.Namespace) -> int:
    """On these documents, where there is a screen; `--window` and `--no-window` decide it whatever there is."""
    window, is_wanted = program_of(arguments).window, arguments.window
    if window is None or is_wanted is False or (arguments.json and not is_wanted):
        return DONE
    if not is_wanted and (reason := window.why_not()):
        output.notice(f"{reason} Ask on with: alcove ask --library {LIBRARY} QUESTION")
        return DONE
    output.notice("The window opens on these documents.")
    return window.open(data_dir_of(arguments).root, LIBRARY)


def _rows(answers: Sequence[Answer]) -> list[list[str]]:
    providers = {name: value for answer in answers for name, value in answer.providers.items()}
    return [
        [name, *(_milliseconds(answer, key) for answer in answers), providers.get(role, "")]
        for name, key, role in _STAGES
    ]


def _milliseconds(answer: Answer, key: str) -> str:
    return f"{answer.timings_ms[key]:.0f}" if key in answer.timings_ms else "–"
