"""All figures that are asked of the reader, beside what is asked:

    python -m tests.benchmarks.reader --packs DIR --qa DIR --sets DIR --work DIR [--only retrieval,spans,...]

`--qa` holds the question sets of which the test splits are asked (models/reader/README.md names them), `--sets` the
retrieval sets (`retrieval/NAME.json.gz`) and more spans (`spans/NAME.jsonl.gz`), `--work` keeps libraries between runs:
the first run embeds some 25,000 passages. Without `--qa` and `--sets` the sample documents are asked, which anyone has.
The same questions are drawn each time; `--share 2` draws twice as many. Nothing here was trained or tuned on.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.reader import abstention, compression, retrieval, samples, spans, support
from tests.benchmarks.reader.figures import Figure, heading
from tests.benchmarks.reader.program import Program, open_program
from tests.benchmarks.reader.questions import held_out

_QUESTIONS_A_SET = 40
_SPANS_A_SET = 400
_CLAIMS = 1000
_ABSTENTIONS_A_KIND = 24
_WRITTEN_A_LIBRARY = 10


@dataclass(frozen=True, slots=True)
class Given:
    """Where things are, and how much of them is asked."""

    qa: Path
    sets: Path
    work: Path
    share: float

    def some(self, count: int) -> int:
        return max(1, round(count * self.share))


def _retrieval(program: Program, given: Given) -> Iterator[Figure]:
    count, sets = given.some(_QUESTIONS_A_SET), retrieval.collections(given.sets, given.qa)
    measured = [retrieval.measure(read(), program, given.work, count) for read in sets]
    yield from retrieval.report(measured)
    listened = program.listened
    yield Figure("share of the candidates that was read", listened.was_read / max(1, listened.given))


def _spans(program: Program, given: Given) -> Iterator[Figure]:
    questions = held_out(given.qa, given.sets)
    yield from spans.report(spans.measure(questions, program.reader, given.some(_SPANS_A_SET)), program.reader)


def _abstention(program: Program, given: Given) -> Iterator[Figure]:
    plans = abstention.plans(given.qa, given.sets, given.some(_ABSTENTIONS_A_KIND))
    judged = [judgement for plan in plans for judgement in abstention.measure(plan, program, given.work)]
    yield from abstention.report(judged)


def _support(program: Program, given: Given) -> Iterator[Figure]:
    yield from support.report(list(support.measure(program.reader, given.qa, given.some(_CLAIMS))))


def _samples(program: Program, _: Given) -> Iterator[Figure]:
    yield from samples.figures(program)


def _compression(program: Program, given: Given) -> Iterator[Figure]:
    count = given.some(_WRITTEN_A_LIBRARY)
    yield from compression.report(*compression.measure(program, given.qa, given.sets, given.work, count))


PARTS: dict[str, Callable[[Program, Given], Iterator[Figure]]] = {
    "samples": _samples,
    "spans": _spans,
    "support": _support,
    "abstention": _abstention,
    "retrieval": _retrieval,
    "compression": _compression,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="What the reader is worth, on data that it was not trained on.")
    parser.add_argument("--packs", type=Path, required=True, help="folder of built model packs")
    parser.add_argument("--qa", type=Path, help="folder of question sets")
    parser.add_argument("--sets", type=Path, help="folder of retrieval sets and further spans")
    parser.add_argument("--work", type=Path, required=True, help="folder for libraries that are kept between runs")
    parser.add_argument("--only", default="", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--share", type=float, default=1.0, help="so many times the usual number of questions")
    parser.add_argument("--time-ms", type=float, default=math.inf, help="what reading may take (default: no limit)")
    arguments = parser.parse_args()
    has_data = arguments.qa is not None and arguments.sets is not None
    names = arguments.only.split(",") if arguments.only else list(PARTS) if has_data else ["samples"]
    if unknown := [name for name in names if name not in PARTS or (name != "samples" and not has_data)]:
        parser.error(f"{', '.join(unknown)}: not one of {', '.join(PARTS)}, or --qa and --sets are missing")
    given = Given(arguments.qa or Path(), arguments.sets or Path(), arguments.work, arguments.share)
    with open_program(arguments.packs, arguments.time_ms) as program:
        placement = program.reader.placement
        print(f"{program.reader.pack_id}, {placement.precision}, {placement.device.name}")  # noqa: T201
        for name in names:
            started = time.perf_counter()
            figures = list(PARTS[name](program, given))
            print(f"\n{heading()}\n" + "\n".join(figure.line() for figure in figures))  # noqa: T201
            print(f"({name}: {time.perf_counter() - started:.0f} s)", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
