"""What the program finds for questions about documents that the reader was not trained on, each candidate judged.

Two sources, never used for reporting: documents of the question sets' dev splits, drawn into libraries of several sizes
and asked what they answer and what they do not (see models/training/relevance/README.md for the kinds); and
retrieval sets of
other fields. The lists do not depend on the reader: they are made once, and any reader can be tried on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.training.json_lines import read_lines
from models.training.relevance.measuring import Encoder, VectorCache
from models.training.relevance.sources import Kind
from rag_core.index.store import Store
from rag_core.retrieve.duplicates import Seen
from rag_core.retrieve.fusion import Candidate
from rag_core.retrieve.hybrid import READ_K, HybridRetriever
from rag_core.types import FloatArray, StoredChunk

_EMBED_BATCH = 512
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Judgement:
    """`grade`: how well a chunk answers (0..1), None where nobody knows; `span`: the words that answer, if any."""

    grade: float | None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A candidate as the reader gets it, what the retrievers said of it (`nearness`: see `fusion.reorder`), and the
    truth."""

    subject: str
    text: str
    dense: float | None
    coverage: float
    nearness: float
    grade: float | None
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its shortlist, nearest first, without repetitions.

    `domain` is what is left out together; `kind` as in models/training/relevance. `ideal` are the grades of all
    that answers,
    `ranks_only` those of the first ten of plain reciprocal rank fusion. `spans`: answers of this set can be quoted.
    """

    domain: str
    kind: Kind
    question: str
    chunks: int
    ideal: tuple[float, ...]
    ranks_only: tuple[float, ...]
    spans: bool
    candidates: tuple[Listed, ...]


Judge = Callable[[StoredChunk], Judgement]


@dataclass(frozen=True, slots=True)
class Query:
    """A question to ask, and how its candidates are judged. `ideal` None: the grades of all chunks that answer."""

    text: str
    kind: Kind
    judge: Judge
    ideal: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Embeds a filled library and asks it."""

    encoder: Encoder
    cache: VectorCache

    def ask(self, domain: str, queries: Sequence[Query], spans: bool, fill: Callable[[Store], None]) -> Iterator[Asked]:
        with TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
            fill(store)
            chunks = store.pending_count()
            while batch := store.pending_chunks(_EMBED_BATCH):
                store.put_vectors([c.chunk_id for c in batch], self.cache.vectors([c.text for c in batch]))
            stored = store.chunks(store.vector_ids().tolist())
            for query, vector in zip(queries, self.encoder.encode_queries([q.text for q in queries]), strict=True):
                ideal = query.ideal
                if ideal is None:
                    grades = (query.judge(chunk).grade for chunk in stored)
                    ideal = tuple(grade for grade in grades if grade)
                listed, ranks_only = _shortlist(store, query, vector)
                yield Asked(domain, query.kind, query.text, chunks, ideal, ranks_only, spans, listed)


def _shortlist(index: Store, query: Query, vector: FloatArray) -> tuple[tuple[Listed, ...], tuple[float, ...]]:
    near = HybridRetriever(index).shortlist(query.text, vector, READ_K)
    coverage = index.term_coverage(query.text, [candidate.chunk_id for candidate in near])
    listed = []
    for candidate, chunk in _distinct(index, near):
        truth = query.judge(chunk)
        subject = " > ".join(part for part in (chunk.title, *chunk.headings) if part)
        scores = (candidate.dense_score, coverage[candidate.chunk_id], candidate.fused_score)
        listed.append(Listed(subject, chunk.text, *scores, truth.grade, truth.span))
    plain = HybridRetriever(index, score_weight=0.0, dense_weight=1.0, lexical_weight=1.0)
    by_rank = _distinct(index, plain.candidates(query.text, vector)[: 2 * _DEPTH])
    return tuple(listed), tuple(query.judge(chunk).grade or 0.0 for _, chunk in by_rank)[:_DEPTH]


def _distinct(index: Store, candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, StoredChunk]]:
    seen = Seen()
    chunks = {chunk.chunk_id: chunk for chunk in index.chunks([c.chunk_id for c in candidates])}
    return ((c, chunks[c.chunk_id]) for c in candidates if seen.add(chunks[c.chunk_id].text))


def read(path: Path) -> Iterator[Asked]:
    return map(_asked_from, read_lines(path))


def _asked_from(row: dict[str, Any]) -> Asked:
    listed = [Listed(**one | {"span": one["span"] and tuple(one["span"])}) for one in row.pop("candidates")]
    row |= {name: tuple(row[name]) for name in ("ideal", "ranks_only")}
    return Asked(**row, candidates=tuple(listed))
