"""How fast a large library is: storing, opening, searching, removing, rebuilding. Run it, read the table.

    python -m tests.benchmarks.search --chunks 100000 --folder build/bench

Text comes from ../shared where that is there (sentences of real passages, mixed until there are enough; a tenth
Japanese), else from a Zipf distribution of made-up words. Vectors are made up (clusters of documents); questions are
real ones where there are any. `--packs DIR` also embeds each question with the embedder pack in that folder. A library
that is already in the folder with the right number of chunks is used again. Searching runs in a fresh process, whose
peak memory counts.
"""

# ruff: noqa: T201 - a benchmark's output is what it prints

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

from rag_core.index.store import Store
from rag_core.model_protocols import TextEncoder
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.types import Chunk, FloatArray, Page, ParsedDocument

SHARED_QA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "qa"
ENGLISH_SETS = ("squadshifts", "squad2_dev_half", "policyqa", "qed_nq_dev", "fairytaleqa_train", "medquad_pairs")
CHUNKS_PER_DOCUMENT = 10
CHUNKS_PER_PAGE = 2
CHUNK_CHARS = 900
DIM = 384


def texts(count: int) -> Iterator[str]:
    rng = random.Random(7)
    if not SHARED_QA.is_dir():
        words = [_made_up_word(rng) for _ in range(60_000)]
        weights = [1 / (rank + 3) for rank in range(len(words))]
        for _ in range(count):
            yield " ".join(rng.choices(words, weights, k=150)) + "."
        return
    english = [p for name in ENGLISH_SETS for p in _passages(name)]
    japanese = _passages("jaquad_train")
    sentences = [s for p in english for s in re.split(r"(?<=[.!?])\s+", p) if len(s) > 20]
    for number in range(count):
        if number % CHUNKS_PER_DOCUMENT == 0:
            at = rng.randrange(len(sentences) - 60)  # a document keeps to one subject, mostly
        if number % 100 >= 90:
            yield (rng.choice(japanese) + rng.choice(japanese))[:500]
            continue
        text = ""
        while len(text) < CHUNK_CHARS * 0.8:
            near = rng.random() < 0.7
            text += sentences[at + rng.randrange(50) if near else rng.randrange(len(sentences))] + " "
        yield text[: int(CHUNK_CHARS * 1.2)]


def questions(count: int) -> list[str]:
    rng = random.Random(11)
    if not SHARED_QA.is_dir():
        words = list(texts(50))
        return [" ".join(rng.choice(words).split()[:6]) for _ in range(count)]
    sets = [[row["question"] for row in _rows(name)] for name in (*ENGLISH_SETS[:5], "jaquad_train")]
    return [rng.choice(rng.choice(sets)) for _ in range(count)]


def _rows(name: str) -> list[dict[str, str]]:
    with gzip.open(SHARED_QA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _passages(name: str) -> list[str]:
    return list(dict.fromkeys(row["passage"] for row in _rows(name)))


def _made_up_word(rng: random.Random) -> str:
    return "".join(rng.choice("bcdfghklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 4)))


def documents(chunk_count: int) -> Iterator[tuple[str, ParsedDocument, list[Chunk]]]:
    batch: list[str] = []
    for text in texts(chunk_count):
        batch.append(text)
        if len(batch) == CHUNKS_PER_DOCUMENT:
            yield _document(batch)
            batch = []
    if batch:
        yield _document(batch)


def _document(batch: list[str]) -> tuple[str, ParsedDocument, list[Chunk]]:
    pages: list[Page] = []
    chunks: list[Chunk] = []
    for first in range(0, len(batch), CHUNKS_PER_PAGE):
        text = ""
        for piece in batch[first : first + CHUNKS_PER_PAGE]:
            start = len(text)
            text += piece
            chunks.append(Chunk(len(chunks), len(pages) + 1, start, len(text), piece, ("Section",), len(piece) // 4))
            text += "\n"
        pages.append(Page(len(pages) + 1, text))
    identity = hashlib.sha256("\x00".join(batch).encode()).hexdigest()
    return identity, ParsedDocument("text/plain", tuple(pages), batch[0][:40]), chunks


def vectors_for(chunk_ids: list[int]) -> FloatArray:
    """Unit vectors that resemble each other within a document."""
    ids = np.array(chunk_ids)
    centres = np.stack(
        [np.random.default_rng(int(d)).standard_normal(DIM) for d in np.unique(ids // CHUNKS_PER_DOCUMENT)]
    )
    of_chunk = np.unique(ids // CHUNKS_PER_DOCUMENT, return_inverse=True)[1]
    rows = centres[of_chunk] + 0.7 * np.random.default_rng(int(ids[0])).standard_normal((len(ids), DIM))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def build(folder: Path, chunk_count: int, key: bytes | None) -> None:
    with Store.open(folder, key) as store:
        if store.statistics().chunks == chunk_count and store.pending_count() == 0:
            print(f"using the library in {folder}")
            return
    shutil.rmtree(folder)
    prepared = list(documents(chunk_count))
    index = Store.open(folder, key)
    with _timed(f"store {len(prepared)} documents, {chunk_count} chunks", per=chunk_count, what="chunks"):
        for number, (identity, parsed, chunks) in enumerate(prepared):
            index.put_document(f"/documents/{number % 50}/{number}.txt", 1000, number, identity, parsed, chunks)
    with _timed("store vectors", per=chunk_count, what="vectors"):
        while pending := index.pending_chunks(512):
            ids = [chunk.chunk_id for chunk in pending]
            index.put_vectors(ids, vectors_for(ids))
    with _timed("save the vector file"):
        index.close()
    print(f"database {(folder / 'library.db').stat().st_size / 1e6:.0f} MB")


def maintain(folder: Path, key: bytes | None) -> None:
    """What changing a large library costs. Runs on a library that stays as it was."""
    with Store.open(folder, key) as store:
        with _timed("known_files"):
            known = store.known_files()
        with _timed("quick problems()"):
            print(store.problems() or "no problems")
        path = next(iter(known))
        print(f"   ({len(known)} files; first {path})")
        (folder / "vectors.faiss").unlink(missing_ok=True)
        with _timed("make the vector index from the database"):
            store.save()
        extra = list(documents(500 * CHUNKS_PER_DOCUMENT))
        with _timed("store 500 more documents", per=len(extra), what="documents"):
            for number, (identity, parsed, chunks) in enumerate(extra):
                store.put_document(f"/extra/{number}", 1, 1, "extra" + identity, parsed, chunks)
        with _timed("remove them again", per=len(extra), what="documents"):
            store.remove_paths(f"/extra/{number}" for number in range(len(extra)))


class _timed:  # noqa: N801 - reads as a statement
    def __init__(self, title: str, per: int = 0, what: str = "") -> None:
        self._title, self._per, self._what = title, per, what

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        seconds = time.perf_counter() - self._start
        rate = f"   {self._per / seconds:,.0f} {self._what}/s" if self._per else ""
        print(f"{self._title:<60} {1000 * seconds:10.1f} ms{rate}", flush=True)


def search(folder: Path, question_count: int, packs: Path | None, key: bytes | None) -> None:
    start = time.perf_counter()
    asked = questions(question_count)
    encoder = None
    if packs is not None:
        from rag_core.embed.opening import open_encoder
        from rag_core.runtime.pack import find_pack

        encoder = open_encoder(find_pack(packs, "embedder"))
    rng = np.random.default_rng(3)
    rows = vectors_for([int(i) for i in sorted(rng.integers(1, 50_000, size=question_count))])
    print(f"prepare {1000 * (time.perf_counter() - start):.0f} ms (imports, questions, encoder; not counted)")
    start = time.perf_counter()
    index = Store.open(folder, key, read_only=True)
    opened = time.perf_counter()
    retriever = HybridRetriever(index)
    retriever.search(asked[0], rows[0])
    searched = time.perf_counter()
    print(f"open {1000 * (opened - start):.1f} ms, first search, loads vectors {1000 * (searched - opened):.1f} ms")
    stages: dict[str, _Stage] = {name: _Stage() for name in ("embed", "dense", "lexical", "search")}
    for question, row in zip(asked[1:], rows[1:], strict=True):
        _search_once(index, retriever, question, row, encoder, stages)
    for name, stage in stages.items():
        if stage.wall_ms:
            print(f"{name:<10} {stage}")
    if encoder is not None:
        print(f"{'both':<10} {stages['embed'] + stages['search']}")
    memory = psutil.Process().memory_info()
    peak = getattr(memory, "peak_wset", None) or _peak_rss()
    print(f"memory of this process: peak {peak / 1e6:.0f} MB")


class _Stage:
    """Wall and processor time of one stage, per question: on a busy machine the second is the steadier one."""

    def __init__(self) -> None:
        self.wall_ms: list[float] = []
        self.cpu_ms: list[float] = []

    def __enter__(self) -> None:
        self._begin = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall_ms.append(1000 * (time.perf_counter() - self._begin[0]))
        self.cpu_ms.append(1000 * (time.process_time() - self._begin[1]))

    def __add__(self, other: _Stage) -> _Stage:
        total = _Stage()
        total.wall_ms = [a + b for a, b in zip(self.wall_ms, other.wall_ms, strict=True)]
        total.cpu_ms = [a + b for a, b in zip(self.cpu_ms, other.cpu_ms, strict=True)]
        return total

    def __str__(self) -> str:
        wall, cpu = (np.percentile(values, [50, 95, 100]) for values in (self.wall_ms, self.cpu_ms))
        return (
            f"p50 {wall[0]:6.1f} ms   p95 {wall[1]:6.1f} ms   worst {wall[2]:6.1f} ms"
            f"   (processor: p50 {cpu[0]:6.1f} ms   p95 {cpu[1]:6.1f} ms)"
        )


def _search_once(
    index: Store,
    retriever: HybridRetriever,
    question: str,
    row: FloatArray,
    encoder: TextEncoder | None,
    stages: dict[str, _Stage],
) -> None:
    vector = row
    if encoder is not None:
        with stages["embed"]:
            vector = encoder.encode_queries([question])[0]
    with stages["search"]:
        retriever.search(question, vector, top_k=5, candidate_k=50)
    with stages["dense"]:
        index.search_dense(vector, 50)
    with stages["lexical"]:
        index.search_lexical(question, 50)


def _peak_rss() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--folder", type=Path, default=Path("build/bench-library"))
    parser.add_argument("--packs", type=Path)
    parser.add_argument("--encrypted", action="store_true")
    parser.add_argument("--phase", choices=("all", "build", "maintain", "search"), default="all")
    arguments = parser.parse_args()
    folder = arguments.folder / f"{arguments.chunks}{'-encrypted' if arguments.encrypted else ''}"
    key = b"k" * 32 if arguments.encrypted else None
    if arguments.phase == "search":
        search(folder, arguments.questions, arguments.packs, key)
        return
    if arguments.phase in ("all", "build"):
        build(folder, arguments.chunks, key)
    if arguments.phase in ("all", "maintain"):
        maintain(folder, key)
    if arguments.phase == "all":
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.search", *sys.argv[1:], "--phase", "search"], check=True
        )


if __name__ == "__main__":
    main()
