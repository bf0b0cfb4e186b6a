"""What a question costs over a large library: cold start, warm passages and first token, peak memory.

    python -m tests.benchmarks.search --phase build            # 100,000 chunks, once
    python -m tests.benchmarks.asking --library-folder build/bench-library/100000 --packs DIR

The library is the synthetic one of `tests.benchmarks.search` (real sentences, made-up vectors), so its passages mean
nothing and its times do. Cold is a whole `alcove search` process, started until ended, which bounds the time to the
first passages from above; the first, warming run (file cache) is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rag_core.bench.workload import peak_memory_bytes, percentile
from rag_core.engine import Engine
from rag_core.evaluate.questions import load_questions
from rag_core.index.store import Store
from rag_core.library.identity import identity_of
from rag_core.paths import SAMPLES, DataDir
from rag_core.settings import Settings
from rag_core.stages import EMBED
from rag_core.types import Answer, SearchResult, TextStreamed

LIBRARY = "large"
# Answer whatever is found: the time of a refusal says nothing about the language model.
ANSWER_ALL = Settings(relevance_threshold=0.0)


def prepare(root: Path, library_folder: Path, packs: Path) -> DataDir:
    """A data folder with the library and the packs linked in, stamped as made by the pack's embedder."""
    data_dir = DataDir(root)
    data_dir.libraries.mkdir(parents=True)
    (data_dir.libraries / LIBRARY).symlink_to(library_folder.resolve(), target_is_directory=True)
    data_dir.packs.symlink_to(packs.resolve(), target_is_directory=True)
    with Store.open(library_folder) as store:
        for name, value in asdict(identity_of(EMBED.pack(data_dir.packs, ANSWER_ALL))).items():
            store.set_meta(name, str(value))
    return data_dir


def cold(data_dir: DataDir, runs: int) -> Iterator[float]:
    """Seconds of whole processes."""
    environment = os.environ | {"ALCOVE_DATA_DIR": str(data_dir.root)}
    command = [sys.executable, "-m", "app", "search", "How long is the notice period?", "--library", LIBRARY]
    for run in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        if run:
            yield time.perf_counter() - started


def warm(data_dir: DataDir, questions: int) -> dict[str, float]:
    asked = [q.question for q in load_questions(SAMPLES / "questions.jsonl") if not q.history][: questions + 1]
    passages_ms, first_token_ms, search_ms = [], [], []
    with Engine(data_dir, LIBRARY, ANSWER_ALL, read_only=True) as engine:
        for question in asked * 2:
            started = time.perf_counter()
            engine.search(question)
            search_ms.append((time.perf_counter() - started) * 1000)
        del search_ms[: len(asked)]
        for number, question in enumerate(asked):
            started = time.perf_counter()
            at: dict[str, float] = {}
            for event in engine.ask(question):
                name = {SearchResult: "passages", TextStreamed: "text", Answer: "end"}.get(type(event), "")
                at.setdefault(name, (time.perf_counter() - started) * 1000)
            if number:
                passages_ms.append(at["passages"])
                first_token_ms.append(at["text"])
    return {
        "search p50 ms": statistics.median(search_ms),
        "search p95 ms": percentile(search_ms, 95),
        "warm ask, first passages, median ms": statistics.median(passages_ms),
        "warm ask, first passages, worst ms": max(passages_ms),
        "warm ask, first text, median ms": statistics.median(first_token_ms),
        "warm ask, first text, worst ms": max(first_token_ms),
        "peak memory MiB": peak_memory_bytes() / 1024**2,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library-folder", type=Path, required=True)
    parser.add_argument("--packs", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        data_dir = prepare(Path(root), arguments.library_folder, arguments.packs)
        figures = {"cold search process, median s": statistics.median(cold(data_dir, 5))}
        figures |= warm(data_dir, arguments.questions)
    sys.stdout.write(json.dumps({name: round(value, 2) for name, value in figures.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
