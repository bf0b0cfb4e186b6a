"""Question sets as documents with questions, one domain each. README.md says what each is for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from models.training.json_lines import read_lines

# far: asked of documents about something else. near: asked of the same document after the page with the answer was
# taken out. trap: written by a person to look answerable (SQuAD 2.0).
Kind = Literal["answerable", "far", "near", "trap"]

_MAX_PAGE_CHARS = 4000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the page (index into `Source.pages`) that it was written for."""

    text: str
    page: int
    answerable: bool = True


@dataclass(slots=True)
class Source:
    """One document: its pages of text and the questions about them.

    `separable`: taking a page out leaves its questions without an answer. Not so where other documents answer the same
    generic questions (privacy policies), nor where a document has one page.
    """

    title: str
    separable: bool
    pages: list[str] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Domain:
    """`far`: its other documents do not answer the questions about one, so these may serve as `far`."""

    name: str
    file: str
    language: str
    sources: tuple[Source, ...]
    far: bool


@dataclass(frozen=True, slots=True)
class _Recipe:
    name: str
    file: str
    near: bool = True
    far: bool = True
    keep: Callable[[str], bool] = bool  # which titles
    by_passage: bool = False  # every passage is a document of its own
    titled: bool = True  # the title is a title, not a label of the collection
    language: str = "en"


def _is_reddit(title: str) -> bool:
    return title.startswith("Filtered_Reddit")


def _is_review(title: str) -> bool:
    return title.startswith("Amazon_Reviews")


def _is_wikipedia(title: str) -> bool:
    return not (_is_reddit(title) or _is_review(title))


def _in_quarter(title: str) -> bool:
    """Every fourth title or so: these sets are larger than is needed."""
    return sum(map(ord, title)) % 4 == 0


_RECIPES = (
    _Recipe("squad2", "squad2_dev_half"),
    _Recipe("wikipedia", "squadshifts", keep=_is_wikipedia),
    _Recipe("reddit", "squadshifts", near=False, keep=_is_reddit, by_passage=True, titled=False),
    _Recipe("reviews", "squadshifts", near=False, keep=_is_review, by_passage=True, titled=False),
    _Recipe("policies", "policyqa", near=False, far=False),
    _Recipe("search", "qed_nq_dev", near=False),
    _Recipe("health", "medquad_pairs", near=False, keep=_in_quarter),
    _Recipe("japanese", "jaquad_dev", language="ja"),
    _Recipe("japanese-train", "jaquad_train", language="ja", keep=_in_quarter),
)


def load_domains(qa: Path, language: str) -> list[Domain]:
    """All domains of a language, in a fixed order."""
    return [_domain(recipe, qa) for recipe in _RECIPES if recipe.language == language]


def together(name: str, domains: Iterable[Domain]) -> Domain:
    """Several domains as one, for a large library: everybody's documents, near negatives, questions from outside."""
    parts = list(domains)
    sources = tuple(source for part in parts for source in part.sources)
    return Domain(name, "", parts[0].language, sources, far=False)


def _domain(recipe: _Recipe, qa: Path) -> Domain:
    rows = [row for row in read_lines(qa / f"{recipe.file}.jsonl.gz") if recipe.keep(row["title"])]
    sources = _sources(rows, recipe)
    return Domain(recipe.name, recipe.file, recipe.language, tuple(sources), recipe.far)


def _sources(rows: Iterable[dict[str, Any]], recipe: _Recipe) -> list[Source]:
    sources: dict[str, Source] = {}
    pages: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        passage = row["passage"][:_MAX_PAGE_CHARS]
        key = row["passage"] if recipe.by_passage else row["title"]
        title = row["title"].replace("_", " ") if recipe.titled else ""
        source = sources.setdefault(key, Source(title, recipe.near))
        page = pages[key].setdefault(passage, len(source.pages))
        if page == len(source.pages):
            source.pages.append(passage)
        answerable = row["answer"] is not None or recipe.file == "medquad_pairs"
        source.questions.append(Asked(row["question"].strip(), page, answerable))
    return list(sources.values())
