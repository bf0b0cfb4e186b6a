"""`alcove demo`: the whole product on the documents that ship with it, in one command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rag_core.cli import DONE
from rag_core.cli.asking import show_answer
from rag_core.cli.contract import answer_contract
from rag_core.cli.library import show_problems, summary
from rag_core.cli.opening import data_dir_of, open_engine
from rag_core.cli.output import Cell, Output
from rag_core.cli.packs import build
from rag_core.cli.program import program_of
from rag_core.evaluate.questions import load_questions
from rag_core.messages import say
from rag_core.paths import SAMPLES
from rag_core.stages import EMBED, GENERATE, READ
from rag_core.types import Answer

LIBRARY = "samples"

# What took time, its key in `timings_ms`, and the stage whose execution provider ran it.
_TIMINGS = (
    (say("timing-load-embedder"), "load_embedder", EMBED.name),
    (say("timing-embed-query"), "embed_query", EMBED.name),
    (say("timing-load-reader"), "load_reader", READ.name),
    (say("timing-retrieve"), "retrieve", ""),
    (say("timing-read"), "rerank", READ.name),
    (say("timing-first-passages"), "first_passages", ""),
    (say("timing-load-llm"), "load_llm", GENERATE.name),
    (say("timing-prefill"), "prefill", GENERATE.name),
    (say("timing-first-token"), "first_token", GENERATE.name),
    (say("timing-decode"), "decode", GENERATE.name),
    (say("timing-check"), "check", READ.name),
    (say("timing-total"), "total", ""),
)


def demo(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    for left_out in output.run(build(arguments)):
        output.notice(left_out)
    with open_engine(arguments, LIBRARY) as engine:
        report = output.run(engine.add([SAMPLES]))
        output.text(say("sample-documents", summary=summary(report)))
        show_problems(output, say("files-unreadable"), report.failed)
        answers = []
        for question in load_questions(SAMPLES / "questions.jsonl"):
            if question.demo:
                output.text(f"\n─── {question.question}")
                answers.append(show_answer(output, engine.ask(question.question)))
    output.document({"version": 1, "answers": [answer_contract(answer) for answer in answers]})
    output.text()
    questions = [say("column-question", number=number) for number in range(1, len(answers) + 1)]
    output.table([say("column-milliseconds"), *questions, say("column-ran-on")], _rows(answers))
    return _show_window(output, arguments)


def _show_window(output: Output, arguments: argparse.Namespace) -> int:
    """On these documents, where there is a screen; `--window` and `--no-window` decide it whatever there is."""
    window, is_wanted = program_of(arguments).window, arguments.window
    if window is None or is_wanted is False or (arguments.json and not is_wanted):
        return DONE
    if not is_wanted and (reason := window.why_not()):
        output.notice(say("no-window-ask-on", reason=reason, library=LIBRARY))
        return DONE
    output.notice(say("window-opens"))
    return window.open(data_dir_of(arguments).root, LIBRARY)


def _rows(answers: Sequence[Answer]) -> list[list[Cell]]:
    providers = {name: value for answer in answers for name, value in answer.providers.items()}
    return [
        [name, *(_milliseconds(answer, key) for answer in answers), providers.get(role, "")]
        for name, key, role in _TIMINGS
    ]


def _milliseconds(answer: Answer, key: str) -> str:
    return f"{answer.timings_ms[key]:.0f}" if key in answer.timings_ms else "–"
