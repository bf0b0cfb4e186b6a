"""How long reading 20 candidates of 256 tokens takes on the processor, how runs are best cut, what early exit saves.

    python -m tests.benchmarks.reader_speed --pack PACKS/minilm-reader
    python -m tests.benchmarks.reader_speed --pack PACKS/minilm-reader --shortlists DEV.jsonl.gz

The texts are random words, `--texts` of `--tokens` tokens each, question included: a run takes the same time whatever
they say. The ways to cut the work (`--ways`) take turns; of each the fastest round, the median, and the processor time
are printed, which other work on the machine stretches less. "read" is what a person waits for, with tokenising and
decoding, without early exit and without a limit of time. `--shortlists` are questions with candidates in the order of
retrieval (`models.training.reader.shortlists`): there it is counted how many candidates early exit leaves unread,
and what it
costs of the order.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.training.reader import shortlists
from rag_core.progress import run_to_end
from rag_core.read.budget import is_clear
from rag_core.read.decoding import probability
from rag_core.read.layout import Layout
from rag_core.read.opening import open_reader
from rag_core.read.reader import Reader
from rag_core.runtime.devices import real_cores
from rag_core.runtime.pack import Pack, open_pack
from rag_core.runtime.places import own_places
from rag_core.runtime.tokenizer import PackTokenizer

_QUESTION = "Who approves travel expenses above five hundred euros?"
_SUBJECT = "Staff handbook: Travel"
_BATCHES = (1, 2, 4)


def main() -> None:
    options = _options()
    pack = open_pack(options.pack)
    threads = options.threads or real_cores()
    reader = open_reader(pack, threads=threads, graph=options.graph, time_ms=math.inf)
    layout = Layout(reader.spec, PackTokenizer(pack.path_of(reader.spec.tokenizer)))
    texts = _texts(layout, pack, options.texts, options.tokens)
    windows = [window for own in layout.windows([(_QUESTION, *text) for text in texts]) for window in own]
    ids = np.stack([window.ids for window in windows])
    _print(f"{options.graph}, {ids.shape[0]} candidates of {ids.shape[1]} tokens, {threads} threads")
    ways: dict[str, Callable[[], object]] = {
        "read": lambda: reader.judge([(_QUESTION, *text) for text in texts]),
        "its runs alone": lambda: run_to_end(reader.batches(windows, None)),
    }
    if options.ways:
        for at_a_time, per_run in {(threads, 1), (1, threads)}:
            for batch in _BATCHES:
                name = f"{at_a_time} at a time, of {batch}, on {per_run} threads"
                ways[name] = _runs(pack, options.graph, ids, batch, per_run, at_a_time)
    _race(ways, options.rounds)
    if options.shortlists:
        _early_exit(reader, options.shortlists, options.questions)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--graph", default="int8")
    parser.add_argument("--texts", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--ways", action="store_true", help="also try other ways to cut the work into runs")
    parser.add_argument("--shortlists", type=Path)
    parser.add_argument("--questions", type=int, default=200, help="of the shortlists, evenly")
    return parser.parse_args()


def _texts(layout: Layout, pack: Pack, wanted: int, tokens: int) -> list[tuple[str, str]]:
    """(subject, text): as many words as there is room for, each one token."""
    vocabulary = PackTokenizer(pack.path_of("tokenizer.json")).vocabulary()
    words = [word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 2]
    ((window,),) = layout.windows([(_QUESTION, _SUBJECT, "word")])
    room = tokens - len(window.ids) + 1
    draw = np.random.default_rng(0)
    return [(_SUBJECT, " ".join(draw.choice(words, room))) for _ in range(wanted)]


def _runs(
    pack: Pack, graph: str, ids: npt.NDArray[np.int64], batch: int, per_run: int, at_a_time: int
) -> Callable[[], object]:
    session = own_places(pack, per_run).found[0].open_graph(graph)
    parts = [ids[at : at + batch] for at in range(0, len(ids), batch)]

    def run() -> object:
        with ThreadPoolExecutor(at_a_time) as executor:
            return list(executor.map(lambda part: session.run({"input_ids": part}), parts))

    return run


def _race(ways: dict[str, Callable[[], object]], rounds: int) -> None:
    for way in ways.values():
        way()
    took_ms: dict[str, list[float]] = {name: [] for name in ways}
    busy_ms: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started, busy = time.perf_counter(), time.process_time()
            way()
            took_ms[name].append((time.perf_counter() - started) * 1000)
            busy_ms[name].append((time.process_time() - busy) * 1000)
    for name, values in took_ms.items():
        line = f"  {name:32} fastest {min(values):6.1f} ms, median {statistics.median(values):6.1f} ms"
        _print(f"{line}, {min(busy_ms[name]):6.1f} ms of processor time")


def _early_exit(reader: Reader, path: Path, wanted: int) -> None:
    """The order is the reader's alone, unread candidates after those that were read: the worst case for stopping."""
    asked = [one for one in shortlists.read(path) if any(c.grade for c in one.candidates)]
    asked = asked[:: max(1, len(asked) // wanted)]
    read = stopped = 0
    total = sum(len(one.candidates) for one in asked)
    firsts: list[tuple[float, float]] = []
    ndcgs: list[tuple[float, float]] = []
    for one in asked:
        judged = reader.judge([(one.question, c.subject, c.text) for c in one.candidates])
        found = [probability(judgement.relevance, reader.spec.relevance) for judgement in judged]
        count = next((n for n in range(1, len(found)) if is_clear(found[:n])), len(found))
        read, stopped = read + count, stopped + (count < len(found))
        grades = [c.grade or 0.0 for c in one.candidates]
        orders = [
            sorted(range(len(found)), key=lambda row: (row >= n, -found[row] if row < n else row))
            for n in (len(found), count)
        ]
        ranked = [[grades[row] for row in order] for order in orders]
        firsts.append((ranked[0][0], ranked[1][0]))
        ndcgs.append((_ndcg(ranked[0], grades), _ndcg(ranked[1], grades)))
    _print(f"early exit: {len(asked)} questions, {stopped} stopped early, {read} of {total} candidates read")
    for name, pairs in (("grade of the first", firsts), ("nDCG@10", ndcgs)):
        whole, cut = (statistics.mean(values) for values in zip(*pairs, strict=True))
        _print(f"  {name}: {whole:.4f} when all are read, {cut:.4f} with early exit")


def _ndcg(ranked: Sequence[float], grades: Sequence[float]) -> float:
    def gain(values: Sequence[float]) -> float:
        return sum(value / math.log2(at + 2) for at, value in enumerate(values[:10]))

    return gain(ranked) / gain(sorted(grades, reverse=True))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
