"""Where a turn's proofs stand: one list of places that citations, passages and the quote all point into."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.conversation.conversation_model import Phase, ShownTurn
from app.kit.source_target import SourceTarget
from app.kit.text import tr, tr_message
from rag_core.conversations.marked_text import MarkedText, answer_within, marked_line, one_line
from rag_core.conversations.places import place_of
from rag_core.messages import say
from rag_core.types import Citation, Passage, Quote

_SHOWN_CHARS = 600  # of a passage in which nothing is marked


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A passage and the words of it that are shown; `target` is the index of its place."""

    passage: Passage
    words: MarkedText
    target: int


@dataclass(slots=True)
class Proof:
    """`targets` in the order of the text: what is cited, then the quote, then the passages that were only found.

    `nearest` is for a question that was not answered: the nearest sentence first. Nothing in it is marked as an answer.
    """

    targets: tuple[SourceTarget, ...] = ()
    of_citation: tuple[int, ...] = ()
    of_passage: dict[int, int] = field(default_factory=dict)  # by rank
    of_quote: int = -1
    cited: tuple[CitedPassage, ...] = ()
    uncited: tuple[CitedPassage, ...] = ()
    nearest: tuple[CitedPassage, ...] = ()


def proof_of(turn: ShownTurn) -> Proof:
    """Where everything in `turn` points. The same place twice is one target, so that "next" always moves."""
    collected = _Collected(turn.library, marks_answers=turn.phase is not Phase.NOT_FOUND)
    by_rank = {passage.rank: passage for passage in turn.passages}
    proof = Proof()
    proof.of_citation = tuple(collected.cite(by_rank, citation) for citation in turn.citations)
    if turn.quote is not None and turn.quote.passage in by_rank:
        proof.of_quote = collected.cite(by_rank, turn.quote)
    first_words: dict[int, CitedPassage] = {}
    for citation, target in zip(turn.citations, proof.of_citation, strict=True):
        if citation.passage in by_rank and citation.passage not in first_words:
            passage = by_rank[citation.passage]
            words = collected.words(target, citation.quote, len(citation.quote))
            first_words[citation.passage] = CitedPassage(passage, words, target)
    proof.cited = tuple(first_words.values())
    uncited = []
    for passage in turn.passages:
        if passage.rank in first_words:
            proof.of_passage[passage.rank] = first_words[passage.rank].target
            continue
        target = collected.add_passage(passage)
        proof.of_passage[passage.rank] = target
        uncited.append(CitedPassage(passage, collected.words(target, passage.text), target))
    proof.uncited = tuple(uncited)
    proof.nearest = _nearest(turn, proof)
    proof.targets = tuple(collected.targets)
    return proof


def _nearest(turn: ShownTurn, proof: Proof) -> tuple[CitedPassage, ...]:
    """The passages that nothing cites, the one with the nearest sentence first, and of that one this sentence."""
    quote = turn.quote
    best = next((each for each in proof.uncited if quote is not None and each.passage.rank == quote.passage), None)
    if quote is None or best is None:
        return proof.uncited
    first = CitedPassage(best.passage, MarkedText(one_line(quote.text)), proof.of_quote)
    return (first, *(each for each in proof.uncited if each is not best))


class _Collected:
    def __init__(self, library: str, marks_answers: bool) -> None:
        self._library = library
        self._marks_answers = marks_answers
        self.targets: list[SourceTarget] = []
        self._index: dict[tuple[str, int, int, int], int] = {}

    def cite(self, by_rank: dict[int, Passage], words: Citation | Quote) -> int:
        """The place of a citation or quote; -1 where its passage is not there."""
        passage = by_rank.get(words.passage)
        if passage is None:
            return -1
        return self._add(passage, words, f"[{words.passage}]")

    def add_passage(self, passage: Passage) -> int:
        return self._add(passage, passage, tr("passage {number}", number=passage.rank))

    def words(self, target: int, text: str, most: int = _SHOWN_CHARS) -> MarkedText:
        """`text`, the quoted words of a target, with the answer in them marked; without one, `most` characters."""
        place = self.targets[target]
        if place.answer_end <= place.answer_start:
            return marked_line(text[:most])
        return marked_line(text, place.answer_start - place.quote_start, place.answer_end - place.quote_start)

    def _add(self, passage: Passage, words: Citation | Quote | Passage, label: str) -> int:
        answer = answer_within(passage, words) if self._marks_answers else None
        first, last = answer or (0, 0)
        key = (passage.document_id, passage.page, words.char_start, words.char_end)
        index = self._index.setdefault(key, len(self.targets))
        if index < len(self.targets):
            known = self.targets[index]
            if known.answer_end <= known.answer_start < last:
                self.targets[index] = replace(known, answer_start=first, answer_end=last)
            return index
        self.targets.append(
            SourceTarget(
                self._library,
                passage.document_id,
                passage.path,
                passage.title,
                passage.page,
                passage.char_start,
                passage.char_end,
                words.char_start,
                words.char_end,
                label,
                first,
                last,
                passage.media_type,
            )
        )
        return index


def file_name(path: str) -> str:
    """The last part of a path of any system."""
    return path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def page_words(passage: Passage) -> str:
    """ "page 3", "sheet Fees": what the format calls it; "" where a document is one piece."""
    return tr_message(place_of(passage))


def place_words(passage: Passage, separator: str = ", ") -> str:
    """File and page: "handbook.pdf, page 3"."""
    return separator.join(part for part in (file_name(passage.path), page_words(passage)) if part)


def answer_with_sources(turn: ShownTurn) -> str:
    """For the clipboard: markers stay as [n]; below, one line for each cited passage."""
    text = turn.text.strip()
    cited = proof_of(turn).cited
    quotes = [tr_message(say("quoted", words=each.words.text)) for each in cited]
    sources = [
        f"[{each.passage.rank}] {place_words(each.passage)}: {quote}" for each, quote in zip(cited, quotes, strict=True)
    ]
    return "\n".join([text, "", tr("Sources"), *sources]) if sources else text
