"""Where a turn's proofs stand: one list of places that citations, passages and the quote all point into."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.source_target import SourceTarget
from app.text import tr
from app.viewmodels.conversation import ShownTurn
from rag_core.conversations.places import place_of
from rag_core.types import Citation, Passage, Quote


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A passage and the words of it that were cited; `target` is the index of its place."""

    passage: Passage
    words: str
    target: int


@dataclass(slots=True)
class Proof:
    """`targets` in the order of the text: what is cited, then the quote, then the passages that were only found."""

    targets: tuple[SourceTarget, ...] = ()
    of_citation: tuple[int, ...] = ()
    of_passage: dict[int, int] = field(default_factory=dict)  # by rank
    of_quote: int = -1
    cited: tuple[CitedPassage, ...] = ()
    uncited: tuple[CitedPassage, ...] = ()


def proof_of(turn: ShownTurn) -> Proof:
    """Where everything in `turn` points. The same place twice is one target, so that "next" always moves."""
    collected = _Collected(turn.library)
    by_rank = {passage.rank: passage for passage in turn.passages}
    proof = Proof()
    proof.of_citation = tuple(_cite(collected, by_rank, citation) for citation in turn.citations)
    if turn.quote is not None and turn.quote.passage in by_rank:
        proof.of_quote = _cite(collected, by_rank, turn.quote)
    first_words: dict[int, CitedPassage] = {}
    for citation, target in zip(turn.citations, proof.of_citation, strict=True):
        if citation.passage in by_rank and citation.passage not in first_words:
            passage = by_rank[citation.passage]
            first_words[citation.passage] = CitedPassage(passage, one_line(citation.quote), target)
    proof.cited = tuple(first_words.values())
    uncited = []
    for passage in turn.passages:
        if passage.rank in first_words:
            proof.of_passage[passage.rank] = first_words[passage.rank].target
            continue
        label = tr("passage {number}", number=passage.rank)
        target = collected.add(passage, passage.char_start, passage.char_end, label)
        proof.of_passage[passage.rank] = target
        uncited.append(CitedPassage(passage, one_line(passage.text[:600]), target))
    proof.uncited = tuple(uncited)
    proof.targets = tuple(collected.targets)
    return proof


def _cite(collected: _Collected, by_rank: dict[int, Passage], words: Citation | Quote) -> int:
    passage = by_rank.get(words.passage)
    if passage is None:
        return -1
    return collected.add(passage, words.char_start, words.char_end, f"[{words.passage}]")


class _Collected:
    def __init__(self, library: str) -> None:
        self._library = library
        self.targets: list[SourceTarget] = []
        self._index: dict[tuple[str, int, int, int], int] = {}

    def add(self, passage: Passage, quote_start: int, quote_end: int, label: str) -> int:
        key = (passage.document_id, passage.page, quote_start, quote_end)
        if key not in self._index:
            self._index[key] = len(self.targets)
            self.targets.append(
                SourceTarget(
                    self._library,
                    passage.document_id,
                    passage.path,
                    passage.title,
                    passage.page,
                    passage.char_start,
                    passage.char_end,
                    quote_start,
                    quote_end,
                    label,
                )
            )
        return self._index[key]


def one_line(text: str) -> str:
    return " ".join(text.split())


def file_name(path: str) -> str:
    """The last part of a path of any system."""
    return path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def page_words(passage: Passage) -> str:
    """ "page 3", "sheet Fees": what the format calls it; "" where a document is one piece."""
    kind, name = place_of(passage)
    match kind:
        case "page":
            return tr("page {number}", number=name)
        case "slide":
            return tr("slide {number}", number=name)
        case "sheet":
            return tr("sheet {name}", name=name)
        case "part":
            return tr("part {number}", number=name)
    return name


def place_words(passage: Passage, separator: str = ", ") -> str:
    """File and page: "handbook.pdf, page 3"."""
    return separator.join(part for part in (file_name(passage.path), page_words(passage)) if part)
