"""How well passages are found: hybrid against dense and BM25 alone, on the 472 questions of chunking_evaluation.

    python -m tests.benchmarks.retrieval --packs DATA_DIR/packs

All five corpora go into ONE library, cut by the product's chunker and searched by the product's retrieval. A chunk is
relevant when it overlaps one of the excerpts that a question names, wherever that text stands: a third of the finance
corpus stands there twice or more. Of chunks with the same text only the first counts, as the product shows only one.
The five corpora and questions are those of brandonstarxel/chunking_evaluation (MIT), read from ../shared.
"""

from __future__ import annotations

import argparse
import csv
import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.evaluate import metrics
from rag_core.index.store import Store
from rag_core.ingest.chunker import chunk_document
from rag_core.retrieve.fusion import SCORE_WEIGHT
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.runtime.pack import find_pack
from rag_core.types import FloatArray, Page, ParsedDocument
from tests.benchmarks.span_overlap import Overlap, Span, span_overlap

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "eval" / "chunking_evaluation"
CANDIDATE_K = 50
DEPTH = 10
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one corpus, in characters."""

    corpus: str
    start: int
    end: int

    def touches(self, other: Place) -> bool:
        return self.corpus == other.corpus and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Asked:
    """`excerpts` are where the question's author saw the answer, `everywhere` all places where these words stand."""

    question: str
    corpus: str
    excerpts: tuple[Place, ...]
    everywhere: tuple[Place, ...]


def raw_corpora() -> dict[str, str]:
    corpora = {}
    for path in sorted((SHARED / "corpora").glob("*.md")):
        with path.open(encoding="utf-8", newline="") as file:  # line ends as they are: excerpts are given as offsets
            corpora[path.stem] = file.read()
    return corpora


def occurrences(corpora: dict[str, str], excerpt: str) -> Iterator[Place]:
    for name, text in corpora.items():
        at = text.find(excerpt)
        while at >= 0:
            yield Place(name, at, at + len(excerpt))
            at = text.find(excerpt, at + 1)


def questions(corpora: dict[str, str]) -> list[Asked]:
    with (SHARED / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    asked = []
    for row in rows:
        named = [Place(row["corpus_id"], r["start_index"], r["end_index"]) for r in json.loads(row["references"])]
        texts = [corpora[place.corpus][place.start : place.end] for place in named]
        everywhere = [place for text in texts for place in occurrences(corpora, text)]
        asked.append(Asked(row["question"], row["corpus_id"], tuple(named), tuple(everywhere)))
    return asked


def build(store: Store, encoder: Encoder, corpora: dict[str, str], chunk_tokens: int) -> Store:
    for name, text in corpora.items():
        parsed = ParsedDocument("text/plain", (Page(1, text),))
        store.put_document(name, 0, 0, name, parsed, list(chunk_document(parsed, encoder, chunk_tokens)))
    while batch := store.pending_chunks(512):
        store.put_vectors([c.chunk_id for c in batch], encoder.encode_passages([c.text for c in batch]))
    return store


@dataclass(frozen=True, slots=True)
class Chunks:
    """Where each chunk stands, and the first chunk with the same text."""

    places: dict[int, Place]
    first: dict[int, int]

    @classmethod
    def of(cls, index: Store) -> Chunks:
        chunks = index.chunks(index.vector_ids().tolist())
        by_text: dict[str, int] = {}
        return cls(
            {c.chunk_id: Place(c.document_id, c.char_start, c.char_end) for c in chunks},
            {c.chunk_id: by_text.setdefault(c.text, c.chunk_id) for c in chunks},
        )

    def relevant(self, asked: Asked) -> set[int]:
        found = (c for c, place in self.places.items() if any(place.touches(e) for e in asked.everywhere))
        return {self.first[chunk] for chunk in found}


Search = Callable[[str, FloatArray], list[int]]


def systems(index: Store) -> dict[str, Search]:
    """What is compared: each gives chunk ids, best first."""

    def dense(_: str, vector: FloatArray) -> list[int]:
        return [chunk for chunk, _ in index.search_dense(vector, CANDIDATE_K)]

    def lexical(question: str, _: FloatArray) -> list[int]:
        return [chunk for chunk, _ in index.search_lexical(question, CANDIDATE_K)]

    def hybrid(score_weight: float) -> Search:
        retriever = HybridRetriever(index, score_weight=score_weight)

        def search(question: str, vector: FloatArray) -> list[int]:
            return [c.chunk_id for c in retriever.candidates(question, vector, candidate_k=CANDIDATE_K)]

        return search

    def reordered(question: str, vector: FloatArray) -> list[int]:
        return [c.chunk_id for c in HybridRetriever(index).shortlist(question, vector, candidate_k=CANDIDATE_K)]

    return {
        "dense": dense,
        "BM25": lexical,
        "ranks only (RRF)": hybrid(0.0),
        "hybrid": hybrid(SCORE_WEIGHT),
        "hybrid, second look": reordered,
    }


def score(order: Sequence[int], chunks: Chunks, relevant: set[int]) -> dict[str, float]:
    distinct = list(dict.fromkeys(chunks.first[chunk] for chunk in order))
    gains = [float(chunk in relevant) for chunk in distinct[:DEPTH]]
    return {
        "nDCG@10": metrics.ndcg_at_k(gains, [1.0] * len(relevant), DEPTH),
        "MRR@10": metrics.reciprocal_rank_at_k(gains, DEPTH),
        "Recall@1": metrics.recall_at_k(gains, len(relevant), 1),
        "Recall@5": metrics.recall_at_k(gains, len(relevant), 5),
        "Recall@10": metrics.recall_at_k(gains, len(relevant), 10),
    }


class TokenRuler:
    """Turns places into token numbers, so that overlap is counted in tokens as chunking_evaluation does."""

    def __init__(self, encoder: Encoder, corpora: dict[str, str]) -> None:
        self._starts: dict[str, list[int]] = {}
        self._first: dict[str, int] = {}
        for name, text in corpora.items():
            self._first[name] = sum(len(starts) for starts in self._starts.values())
            self._starts[name] = [start for start, _ in encoder.token_spans(text)]

    def span(self, place: Place) -> Span:
        starts, first = self._starts[place.corpus], self._first[place.corpus]
        return first + bisect_left(starts, place.start), first + bisect_left(starts, place.end)


def overlap(index: Store, ruler: TokenRuler, asked: Asked, vector: FloatArray) -> Overlap:
    """Of the passages that a person is shown (neighbours joined)."""
    passages = HybridRetriever(index).search(asked.question, vector, top_k=SHOWN, candidate_k=CANDIDATE_K)
    found = [ruler.span(Place(p.document_id, p.char_start, p.char_end)) for p in passages]
    return span_overlap(found, [ruler.span(excerpt) for excerpt in asked.excerpts])


def report(index: Store, encoder: Encoder, corpora: dict[str, str]) -> Iterator[str]:
    asked, chunks = questions(corpora), Chunks.of(index)
    vectors = encoder.encode_queries([a.question for a in asked])
    relevant = [chunks.relevant(a) for a in asked]
    yield f"{len(asked)} questions, {len(chunks.places)} chunks, {encoder.pack_id} ({encoder.placement.precision})"
    per_question: dict[str, list[float]] = {}
    for name, search in systems(index).items():
        rows = [
            score(search(a.question, vector), chunks, wanted)
            for a, vector, wanted in zip(asked, vectors, relevant, strict=True)
        ]
        per_question[name] = [row["nDCG@10"] for row in rows]
        means = {metric: metrics.mean(row[metric] for row in rows) for metric in rows[0]}
        yield f"{name:20}" + "".join(f"  {metric} {value:.4f}" for metric, value in means.items())
        for corpus in corpora:
            of = [row["nDCG@10"] for row, a in zip(rows, asked, strict=True) if a.corpus == corpus]
            yield f"    {corpus:20} nDCG@10 {metrics.mean(of):.4f}  ({len(of)} questions)"
    yield from _comparison(per_question)
    ruler = TokenRuler(encoder, corpora)
    overlaps = [overlap(index, ruler, a, vector) for a, vector in zip(asked, vectors, strict=True)]
    yield (
        f"first {SHOWN} passages, in tokens: recall {metrics.mean(o.recall for o in overlaps):.4f}"
        f"  precision {metrics.mean(o.precision for o in overlaps):.4f}"
        f"  IoU {metrics.mean(o.iou for o in overlaps):.4f}"
    )


def _comparison(per_question: dict[str, list[float]]) -> Iterator[str]:
    """What the hybrid gains on each other system, with the 95 % interval of a paired bootstrap over questions."""
    rng = np.random.default_rng(0)
    for name in [name for name in per_question if name != "hybrid"]:
        gains = np.array(per_question["hybrid"]) - np.array(per_question[name])
        means = rng.choice(gains, (2000, len(gains))).mean(axis=1)
        low, high = np.quantile(means, (0.025, 0.975))
        yield f"hybrid - {name}: nDCG@10 {gains.mean():+.4f} ({low:+.4f} to {high:+.4f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--packs", type=Path, required=True, help="folder of built model packs")
    parser.add_argument("--pack", help="id of the embedder pack (default: the first)")
    parser.add_argument("--graph", default="", help="graph of the pack, e.g. fp32 (default: as the product chooses)")
    parser.add_argument("--chunk-tokens", type=int, default=220)
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        raise SystemExit(f"This benchmark reads {SHARED}, which is not there.")
    encoder = open_encoder(find_pack(arguments.packs, "embedder", arguments.pack), graph=arguments.graph)
    with TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        corpora = raw_corpora()
        index = build(store, encoder, corpora, arguments.chunk_tokens)
        for line in report(index, encoder, corpora):
            print(line, flush=True)  # noqa: T201 - this is what the benchmark is for


if __name__ == "__main__":
    main()
