"""Libraries of documents that the reader was not trained on, and the questions to ask them, for `shortlists`."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from models.training.reader import sets
from models.training.reader.sets import Answered, QuestionSet, read_set
from models.training.reader.shortlists import Judge, Judgement, Query
from models.training.relevance import sources
from models.training.relevance.libraries import Plan, draw
from models.training.relevance.measuring import fill
from models.training.relevance.sources import Domain, together
from rag_core.index.store import Store
from rag_core.model_protocols import TokenCounter
from rag_core.types import Chunk, Page, ParsedDocument, StoredChunk

# (pages, how many libraries, questions of each kind per library)
SIZES = ((20, 2, 6), (300, 1, 18))
MIXED = 24  # questions of each kind for the mixed libraries
# The mixed libraries: each is judged by numbers that were fitted without its parts.
PARTS = {
    "mixed-1": ("squadshifts", "medquad_pairs", "tatqa", "emanual_s10", "cacm"),
    "mixed-2": ("squad2_dev_half", "squad1_dev_more", "policyqa", "fairytaleqa_train", "pubmedqa", "financebench"),
}
# Retrieval sets of other fields: how many questions that they answer, and how many that they do not.
RETRIEVAL = {"pubmedqa": (30, 5), "cacm": (52, 0), "emanual_s10": (50, 12), "financebench": (70, 12)}
# cacm asks for articles about a topic, which is no question that a text answers.
TOPICS = ("cacm",)
_STRANGERS = 150  # of each set, at most
_SEPARABLE = ("squad2_dev_half", "squad1_dev_more")
_FIRST_EXTRA = 1_000_000  # numbers of documents that are in a library to make it large
_TELLING_CHARS = 5  # a shorter answer stands in many chunks that do not answer


@dataclass(frozen=True, slots=True)
class Library:
    """`fill` puts its documents into an empty store. `spans`: its answers can be quoted."""

    domain: str
    queries: tuple[Query, ...]
    spans: bool
    fill: Callable[[Store], None]


@dataclass(frozen=True, slots=True)
class _Set:
    kind: QuestionSet
    domain: Domain
    answers: dict[str, list[Answered]]


def libraries(qa: Path, retrieval: Path, counter: TokenCounter) -> Iterator[Library]:
    """All of them, in a fixed order. `retrieval` holds the files that are named in `RETRIEVAL`."""
    known = [_set(kind, qa) for kind in sets.SETS]
    for one in known:
        strangers = _strangers([other for other in known if other is not one])
        for pages, count, per_kind in SIZES:
            for number in range(count):
                rng = random.Random(f"{one.kind.name} {pages} {number}")
                yield _drawn([one], draw(one.domain, pages, per_kind, strangers, rng), counter)
    fields = {name: _read(retrieval / f"{name}.json.gz") for name in RETRIEVAL}
    for name, field in fields.items():
        yield _field(name, field, _strangers(known), counter)
    for name, parts in PARTS.items():
        own = [one for one in known if one.kind.name in parts]
        others = [one for one in known if one.kind.name not in parts]
        domain = together(name, [one.domain for one in own])
        plan = draw(domain, sum(len(s.pages) for s in domain.sources), MIXED, _strangers(others), random.Random(name))
        extra = [field for part, field in fields.items() if part in parts]
        yield _drawn(own, plan, counter, extra)


def _set(kind: QuestionSet, qa: Path) -> _Set:
    answers: defaultdict[str, list[Answered]] = defaultdict(list)
    documents = []
    for source in read_set(kind, qa)["dev"]:
        asked = [sources.Asked(q.question, source.passages.index(q.passage), q.answerable) for q in source.questions]
        separable = kind.name in _SEPARABLE or (kind.name == "squadshifts" and bool(source.subject))
        documents.append(sources.Source(source.subject, separable, list(source.passages), asked))
        for question in source.questions:
            answers[question.question].append(question)
    # Questions about one story, policy or post fit others: none of these is known to be without an answer elsewhere.
    far = kind.name in ("squad2_dev_half", "squad1_dev_more", "medquad_pairs")
    return _Set(kind, Domain(kind.name, kind.name, "en", tuple(documents), far), dict(answers))


def _strangers(others: Sequence[_Set]) -> list[str]:
    """Questions about other things, of sets whose questions name what they ask about."""
    rng = random.Random(len(others))
    texts: set[str] = set()
    for one in others:
        asked = [q.text for source in one.domain.sources for q in source.questions if q.answerable]
        texts |= set(rng.sample(asked, min(_STRANGERS, len(asked)))) if one.domain.far else set()
    return sorted(texts)


def _drawn(own: Sequence[_Set], plan: Plan, counter: TokenCounter, extra: Sequence[dict[str, Any]] = ()) -> Library:
    def put(store: Store) -> None:
        fill(store, plan, counter)
        for at, field in enumerate(extra, start=1):
            _put_field(store, field, counter, at * _FIRST_EXTRA)

    pages = [texts for _, texts in plan.documents]
    queries = []
    for text, kind in plan.questions:
        one = next((one for one in own if text in one.answers), None)
        answers = one.answers[text] if one is not None and kind == "answerable" else []
        generic = one is not None and one.kind.within
        queries.append(Query(text, kind, partial(judged, pages, answers, generic)))
    return Library(plan.domain, tuple(queries), all(one.kind.spans for one in own), put)


def judged(pages: Sequence[Sequence[str]], answers: Sequence[Answered], generic: bool, chunk: StoredChunk) -> Judgement:
    """`answers` are all that the set knows for the question; empty where the library has none."""
    number = int(chunk.document_id, 16)
    page = pages[number][chunk.page - 1] if number < len(pages) else ""
    for answer in answers:
        if answer.passage != page or not answer.answerable:
            continue
        if answer.span is None:
            return Judgement(1.0)
        start, end = answer.span[0] - chunk.char_start, answer.span[1] - chunk.char_start
        if start >= 0 and end <= len(chunk.text):
            return Judgement(1.0, (start, end))
        if start < len(chunk.text) and end > 0:
            return Judgement(None)  # half of the answer
    words = [a.passage[slice(*a.span)].casefold() for a in answers if a.span is not None]
    elsewhere = any(len(word) >= _TELLING_CHARS and word in chunk.text.casefold() for word in words)
    return Judgement(None if elsewhere or (generic and answers) else 0.0)


def _read(path: Path) -> dict[str, Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        content: dict[str, Any] = json.load(file)
    return content


def _field(name: str, field: dict[str, Any], strangers: Sequence[str], counter: TokenCounter) -> Library:
    answerable, others = RETRIEVAL[name]
    rng = random.Random(name)
    chosen = rng.sample(field["questions"], min(answerable, len(field["questions"])))
    queries = [
        Query(q["text"], "answerable", _by_number(field, q["relevant"]), tuple(q["relevant"].values())) for q in chosen
    ]
    queries += [Query(text, "far", _nothing) for text in rng.sample(strangers, others)]
    return Library(name, tuple(queries), False, partial(_put_field, field=field, counter=counter, first=0))


def _by_number(field: dict[str, Any], relevant: dict[str, float]) -> Judge:
    grades = {at: relevant[p["id"]] for at, p in enumerate(field["passages"]) if p["id"] in relevant}
    return lambda chunk: Judgement(grades.get(int(chunk.document_id, 16), 0.0))


def _nothing(_: StoredChunk) -> Judgement:
    return Judgement(0.0)


def _put_field(store: Store, field: dict[str, Any], counter: TokenCounter, first: int) -> None:
    """Each passage is a document of one chunk, as it was cut."""
    for number, passage in enumerate(field["passages"], start=first):
        parsed = ParsedDocument("text/plain", (Page(1, passage["text"]),), passage["title"])
        tokens = len(counter.token_spans(passage["text"]))
        chunk = Chunk(0, 1, 0, len(passage["text"]), passage["text"], (), tokens)
        store.put_document(f"/{number}.txt", 0, 0, f"{number:064x}", parsed, [chunk])
