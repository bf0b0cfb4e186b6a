"""The sample documents hold what their question set says, and are what their sources say."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from rag_core.evaluate.matching import on_expected_page, overlaps, same_file
from rag_core.evaluate.questions import Question, load_questions
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.registry import readable_suffixes
from rag_core.paths import ASSETS, SAMPLES
from rag_core.text.words import is_cjk
from rag_core.types import ParsedDocument, Passage
from tests.ingest.reading_here import parse_file

QUESTIONS = load_questions(SAMPLES / "questions.jsonl")
DOCUMENTS = sorted(path for path in SAMPLES.iterdir() if path.suffix in readable_suffixes())


@pytest.fixture(scope="module")
def parsed() -> dict[Path, ParsedDocument]:
    return {path: parse_file(path, ParseLimits()) for path in DOCUMENTS}


def pages_as_passages(parsed: dict[Path, ParsedDocument]) -> Iterator[Passage]:
    for path, document in parsed.items():
        for page in document.pages:
            yield Passage(1, (1,), "d", str(path), "", page.number, page.label, 0, len(page.text), page.text)


def test_there_are_six_formats_and_fifteen_pages_or_so_in_little_space() -> None:
    assert {path.suffix for path in DOCUMENTS} == {".pdf", ".docx", ".xlsx", ".html", ".md"}
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 300_000


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.answerable], ids=lambda q: q.question)
def test_each_excerpt_stands_where_the_question_says(parsed: dict[Path, ParsedDocument], question: Question) -> None:
    expected = [page for page in pages_as_passages(parsed) if on_expected_page(question, page)]
    assert expected, "no such file or page"
    assert any(overlaps(question.excerpt, page.text) for page in expected)


def test_the_set_asks_every_document_and_tries_what_is_hard() -> None:
    answerable = [question for question in QUESTIONS if question.answerable]
    for path in DOCUMENTS:
        assert any(same_file(expected, str(path)) for question in answerable for expected in question.paths), path
    assert len(answerable) >= 30
    assert len(QUESTIONS) - len(answerable) >= 8
    assert sum(bool(question.history) for question in QUESTIONS) >= 3
    assert all(question.answer and question.excerpt for question in answerable)


def test_claims_say_it_rightly_and_wrongly_in_both_languages() -> None:
    """A check that calls everything supported, or nothing, must not look good."""
    claims = [claim for question in QUESTIONS for claim in question.claims]
    assert len(claims) >= 40
    assert 0.4 < sum(claim.supported for claim in claims) / len(claims) < 0.6
    assert any(is_cjk(claim.text) for claim in claims)


def test_the_demo_asks_three_formats_and_one_thing_that_nobody_wrote_down() -> None:
    demo = [question for question in QUESTIONS if question.demo]
    assert len(demo) == 4
    assert len({Path(question.paths[0]).suffix for question in demo if question.answerable}) == 3
    assert [question.answerable for question in demo].count(False) == 1


def test_headings_of_the_handbook_are_found(parsed: dict[Path, ParsedDocument]) -> None:
    handbook = parsed[SAMPLES / "office-handbook.pdf"]
    headings = {
        page.text[block.start : block.end]
        for page in handbook.pages
        for block in page.blocks
        if block.kind == "heading"
    }
    assert {"2 Leave and absence", "2.1 Annual leave", "3.2 What the firm pays"} <= headings


def test_writing_the_samples_again_gives_the_same_text(tmp_path: Path, parsed: dict[Path, ParsedDocument]) -> None:
    pytest.importorskip("reportlab", reason="only whoever changes the samples needs reportlab")
    _load(ASSETS / "make_samples.py").main(tmp_path)
    for path in tmp_path.iterdir():
        again = parse_file(path, ParseLimits())
        assert [page.text for page in again.pages] == [page.text for page in parsed[SAMPLES / path.name].pages]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
