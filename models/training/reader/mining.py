"""Hard negatives: what our own hybrid retrieval finds for a question among passages of the same kind.

Each set and split becomes a real library (chunks of two sizes, keyword index, vectors) that is asked all its questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from models.training.json_lines import read_lines, write_lines
from models.training.reader.sets import Answered, QuestionSet, Source, Split, fraction
from rag_core.index.store import Store
from rag_core.ingest.chunker import chunk_document
from rag_core.model_protocols import TextEncoder, TokenCounter
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.types import Chunk, FloatArray, Page, ParsedDocument

# Short chunks make more pairs in the same time; some long ones, as the program cuts them, keep the reader used to them.
_SHORT_TOKENS, _LONG_TOKENS, _LONG_SHARE = 110, 220, 0.3
_CANDIDATES = 16
_NEGATIVES = 8
_EMBED_BATCH = 512
# A shorter answer ("to", "4") stands in many passages that do not answer.
_TELLING_CHARS = 3


class Embedder(TextEncoder, TokenCounter, Protocol):
    """An embedder that also tells where its tokens lie."""


@dataclass(frozen=True, slots=True)
class Group:
    """A question with one passage that was written for it and the wrong ones that look most like it, best first.

    `span` is the answer in `passage` (characters). Where `answerable` is False, `passage` is wrong as well.
    `negatives` are (subject, text).
    """

    set: str
    question: str
    subject: str
    passage: str
    span: tuple[int, int] | None
    answerable: bool
    negatives: tuple[tuple[str, str], ...]


def groups_path(folder: Path, name: str, split: Split) -> Path:
    """Where the groups of a set's split are kept."""
    return folder / f"{name}.{split}.jsonl.gz"


def read_groups(path: Path) -> Iterator[Group]:
    """What `mine_split` wrote."""
    for stored in read_lines(path):
        span = tuple(stored.pop("span") or ())
        negatives = tuple((subject, text) for subject, text in stored.pop("negatives"))
        yield Group(**stored, span=(span[0], span[1]) if span else None, negatives=negatives)


class Library:
    """The documents as the program would hold them. `folder` must be empty."""

    def __init__(self, folder: Path, sources: Sequence[Source], embedder: Embedder) -> None:
        self.sources = sources
        self._embedder = embedder
        self._chunks: dict[tuple[int, int], list[Chunk]] = {}
        self.index = Store.open(folder)
        for number, source in enumerate(sources):
            self._put(number, source)
        while batch := self.index.pending_chunks(_EMBED_BATCH):
            self.index.put_vectors([c.chunk_id for c in batch], embedder.encode_passages([c.text for c in batch]))

    def close(self) -> None:
        self.index.close()

    def _put(self, number: int, source: Source) -> None:
        pages = tuple(Page(at, text) for at, text in enumerate(source.passages, start=1))
        chunks: list[Chunk] = []
        for page in pages:
            target = _LONG_TOKENS if fraction(page.text) < _LONG_SHARE else _SHORT_TOKENS
            cut = list(chunk_document(ParsedDocument("text/plain", (page,)), self._embedder, target))
            self._chunks[number, page.number] = cut
            chunks += [replace(chunk, ordinal=len(chunks) + at) for at, chunk in enumerate(cut)]
        parsed = ParsedDocument("text/plain", pages, source.subject)
        self.index.put_document(f"/{number}.txt", 0, 0, f"{number:064x}", parsed, chunks)

    def own_chunk(self, number: int, asked: Answered) -> tuple[str, tuple[int, int] | None] | None:
        """The chunk of the asked passage that holds the whole answer, with its place; None where a border cuts it.

        Without a span: the chunk that shares most words with the question.
        """
        chunks = self._chunks[number, self.sources[number].passages.index(asked.passage) + 1]
        if asked.span is None:
            words = set(asked.question.casefold().split())
            best = max(chunks, key=lambda c: (len(words & set(c.text.casefold().split())), -c.ordinal), default=None)
            return None if best is None else (best.text, None)
        start, end = asked.span
        for chunk in chunks:
            if chunk.char_start <= start and end <= chunk.char_end:
                return chunk.text, (start - chunk.char_start, end - chunk.char_start)
        return None


def mine_split(kind: QuestionSet, sources: Sequence[Source], embedder: Embedder, path: Path) -> int:
    """Write the groups of one split of a set to `path`; returns how many."""
    with TemporaryDirectory() as folder:
        library = Library(Path(folder), sources, embedder)
        try:
            return write_lines(mine(kind, library, embedder), path)
        finally:
            library.close()


def mine(kind: QuestionSet, library: Library, embedder: Embedder) -> Iterator[Group]:
    """Every question of the library as a group."""
    retriever = HybridRetriever(library.index)
    for number, source in enumerate(library.sources):
        right: defaultdict[str, set[str]] = defaultdict(set)
        for asked in source.questions:
            right[asked.question].add(asked.passage)
        vectors = embedder.encode_queries([asked.question for asked in source.questions])
        for asked, vector in zip(source.questions, vectors, strict=True):
            own = library.own_chunk(number, asked)
            if own is None:
                continue
            wrong = _negatives(kind, library, number, asked, right[asked.question], retriever, vector)
            yield Group(kind.name, asked.question, source.subject, *own, asked.answerable, tuple(wrong))


def _negatives(
    kind: QuestionSet,
    library: Library,
    number: int,
    asked: Answered,
    right: set[str],
    retriever: HybridRetriever,
    vector: FloatArray,
) -> list[tuple[str, str]]:
    """The best candidates that are not known to answer."""
    answer = asked.passage[slice(*asked.span)].casefold() if asked.span else ""
    telling = len(answer) >= _TELLING_CHARS
    found: list[tuple[str, str]] = []
    candidates = retriever.candidates(asked.question, vector, candidate_k=_CANDIDATES)
    for chunk in library.index.chunks([candidate.chunk_id for candidate in candidates]):
        other = int(chunk.document_id, 16)
        same = other == number
        if same and library.sources[other].passages[chunk.page - 1] in right:
            continue
        if (kind.within and not same) or (telling and answer in chunk.text.casefold()):
            continue
        found.append((library.sources[other].subject, chunk.text))
        if len(found) == _NEGATIVES:
            break
    return found
