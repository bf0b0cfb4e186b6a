"""Whether the program knows that the documents hold no answer: questions asked of libraries of held-out documents.

far: about documents that are not in the library. near: about a page that was taken out of a document that is. trap:
written by a person to look answerable. Of the calibration's own question sets only what was kept out of training is
asked here; the half of SQuAD 2.0 that nobody has looked at is the only one with traps.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.training.json_lines import read_lines
from models.training.reader.sets import QuestionSet, read_rows, read_set
from models.training.relevance.libraries import Plan, draw
from models.training.relevance.sources import Asked, Domain, Kind, Source
from rag_core.evaluate import metrics
from rag_core.settings import Settings
from tests.benchmarks.reader.collections import QED
from tests.benchmarks.reader.figures import Figure
from tests.benchmarks.reader.libraries import Document, library_of
from tests.benchmarks.reader.program import Program
from tests.benchmarks.reader.questions import OTHER_HALF

# Pages, how many libraries, and the share of the questions of each kind that is asked of each.
_SIZES = ((20, 2, 0.25), (200, 1, 0.5))
_WRONG: tuple[Kind, ...] = ("far", "near", "trap")
_KINDS: tuple[Kind, ...] = ("answerable", *_WRONG)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A question, and how likely the program thought an answer."""

    domain: str
    kind: Kind
    relevance: float


def plans(qa: Path, sets: Path, per_kind: int) -> Iterator[Plan]:
    """The libraries, always the same; `per_kind` questions of each kind and domain."""
    domains = list(_domains(qa, sets))
    for domain in domains:
        strangers = _strangers(domain, domains)
        for pages, count, share in _SIZES:
            for number in range(count):
                rng = random.Random(f"{domain.name} {pages} {number}")
                plan = draw(domain, pages, 10_000, strangers, rng)
                yield Plan(plan.domain, plan.language, plan.documents, _some(plan, max(1, int(per_kind * share))))


def _some(plan: Plan, count: int) -> tuple[tuple[str, Kind], ...]:
    chosen: list[tuple[str, Kind]] = []
    for kind in _KINDS:
        texts = sorted({text for text, its in plan.questions if its == kind})
        rng = random.Random(f"{plan.domain} {plan.pages} {kind}")
        chosen += [(text, kind) for text in rng.sample(texts, min(count, len(texts)))]
    return tuple(chosen)


def _domains(qa: Path, sets: Path) -> Iterator[Domain]:
    other = [_Row(r["title"], r["passage"], r["question"], r["answer"] is not None) for r in _other_half(sets)]
    yield _domain("encyclopedia", other, near=True)
    search = [_Row(r["title"], r["passage"], r["question"]) for r in read_rows(qa, QED)]
    yield _domain("web search", search)
    shifts = list(_test("squadshifts", qa))
    yield _domain("articles", [row for row in shifts if row.title], near=True)
    yield _domain("forum", [row for row in shifts if not row.title])
    yield _domain("policies", list(_test("policyqa", qa)), far=False)
    yield _domain("health", list(_test("medquad_pairs", qa)))


def _other_half(sets: Path) -> list[dict[str, str]]:
    return list(read_lines(sets / "spans" / f"{OTHER_HALF}.jsonl.gz"))


@dataclass(frozen=True, slots=True)
class _Row:
    """`title` is "" where each passage is a document of its own."""

    title: str
    passage: str
    question: str
    answerable: bool = True


def _test(name: str, qa: Path) -> Iterator[_Row]:
    for source in read_set(QuestionSet(name, spans=name != "medquad_pairs"), qa)["test"]:
        for asked in source.questions:
            yield _Row(source.subject, asked.passage, asked.question, asked.answerable)


def _domain(name: str, rows: Sequence[_Row], *, near: bool = False, far: bool = True) -> Domain:
    sources: dict[str, Source] = {}
    for row in rows:
        source = sources.setdefault(row.title or row.passage, Source(row.title, near))
        if row.passage not in source.pages:
            source.pages.append(row.passage)
        source.questions.append(Asked(row.question, source.pages.index(row.passage), row.answerable))
    return Domain(name, "", "en", tuple(sources.values()), far)


def _strangers(domain: Domain, domains: Sequence[Domain]) -> list[str]:
    """Questions about other things, of sets whose questions name what they ask about."""
    rng = random.Random(domain.name)
    named = [d for d in domains if d.name in ("encyclopedia", "web search", "health") and d.name != domain.name]
    texts = [q.text for d in named for s in d.sources for q in rng.sample(s.questions, min(2, len(s.questions)))]
    return sorted(set(texts))


def measure(plan: Plan, program: Program, kept: Path) -> Iterator[Judgement]:
    documents = [Document(title, pages) for title, pages in plan.documents]
    index = library_of(documents, kept, program.encoder)
    for question, kind in plan.questions:
        found = program.search(question, index, Settings().top_k or 5)
        yield Judgement(plan.domain, kind, found.relevance)
    index.close()


def report(judged: Sequence[Judgement]) -> Iterator[Figure]:
    threshold = Settings().relevance_threshold
    for kind in _WRONG:
        rows = [j for j in judged if j.kind in ("answerable", kind)]
        refused = metrics.mean(float(j.relevance < threshold) for j in rows if j.kind == kind)
        asked, count = ">= 0.90" if kind == "far" else "", sum(j.kind == kind for j in rows)
        yield Figure(f"abstention AUROC, {kind}", _auroc(rows), asked, f"{count} questions, refused {refused:.3f}")
        by_domain = {name: [j for j in rows if j.domain == name] for name in dict.fromkeys(j.domain for j in rows)}
        for name, some in by_domain.items():
            if any(j.kind == kind for j in some):
                yield Figure(f"  {name}", _auroc(some))
    can, values = [j.kind == "answerable" for j in judged], [j.relevance for j in judged]
    result = metrics.abstention(can, values, [value < threshold for value in values])
    yield Figure("abstention AUROC, all of these", result.auroc, "", f"{len(judged)} questions")
    yield Figure("“not found” precision", result.precision)
    yield Figure("“not found” recall", result.recall)
    yield Figure("answerable questions refused", result.false_alarms, "", f"{sum(can)} questions")
    yield Figure("calibration error of relevance", metrics.expected_calibration_error(values, can))


def _auroc(rows: Sequence[Judgement]) -> float:
    return metrics.auroc([j.relevance for j in rows], [j.kind == "answerable" for j in rows])
