"""From shortlists to what a reader is fitted on: each candidate with the truth. No weights, no sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from models.training.json_lines import write_lines
from models.training.reader.dev_questions import judged
from models.training.reader.logits import Logits
from models.training.reader.outcomes import Judged, of_answers, of_relevance
from models.training.reader.sets import Answered
from models.training.reader.shortlists import Asked, Asker, Judgement, Listed, Query, read
from models.training.relevance.calibrate import MIXTURE
from models.training.relevance.measuring import VectorCache
from models.training.relevance.sources import Kind
from rag_core.index.store import Store
from rag_core.read.decoding import Judgement as Said
from rag_core.types import StoredChunk
from tests.fakes_encoder import FakeEncoder
from tests.index.builders import add


def chunk(page: str, start: int, end: int, number: int = 0) -> StoredChunk:
    text, document = page[start:end], f"{number:064x}"
    return StoredChunk(
        0, 1, start, end, text, (), 10,
        chunk_id=1, document_id=document, title="", media_type="text/plain", page_label="", paths=("/0.txt",),
    )  # fmt: skip


PAGE = "Zebras drink at dawn. Lions drink at noon. Both sleep at night."
OTHER = "At noon the lions drink, too."
ASKED = Answered("When do lions drink?", PAGE, (PAGE.index("at noon"), PAGE.index("at noon") + 7), True)


@pytest.mark.parametrize(
    ("start", "end", "number", "expected"),
    [
        (22, 42, 0, Judgement(1.0, (12, 19))),
        (0, 21, 0, Judgement(0.0)),
        (0, 36, 0, Judgement(None)),  # half of the answer
        (0, len(OTHER), 1, Judgement(None)),  # the same words elsewhere
        (7, 8, 7, Judgement(0.0)),  # of a document that only makes the library large
    ],
)
def test_a_chunk_answers_where_it_holds_the_whole_answer(
    start: int, end: int, number: int, expected: Judgement
) -> None:
    text = (PAGE, OTHER)[number] if number < 2 else "Something else."
    assert judged([(PAGE,), (OTHER,)], [ASKED], False, chunk(text, start, end, number)) == expected


def test_nothing_answers_a_question_that_the_library_was_not_asked_for() -> None:
    assert judged([(PAGE,)], [], False, chunk(PAGE, 0, 40)) == Judgement(0.0)


def test_of_questions_that_fit_any_document_only_the_known_answers_are_known() -> None:
    assert judged([(PAGE,), (OTHER,)], [ASKED], True, chunk(PAGE, 0, 21)) == Judgement(None)


def test_a_library_is_asked_as_the_program_does_and_its_lists_are_kept(tmp_path: Path) -> None:
    encoder = FakeEncoder()

    def fill(store: Store) -> None:
        add(store, "/a.txt", ["Zebras drink at dawn.", "Lions drink at noon."], title="Animals")
        add(store, "/b.txt", ["Zebras drink at dawn."])

    def judge(found: StoredChunk) -> Judgement:
        return Judgement(1.0, (13, 20)) if "dawn" in found.text else Judgement(0.0)

    queries = [Query("When do zebras drink?", "answerable", judge), Query("Who?", "far", lambda _: Judgement(0.0))]
    asked = list(Asker(encoder, VectorCache(None, encoder)).ask("animals", queries, True, fill))
    first, second = asked
    assert (first.chunks, first.ideal, second.ideal) == (3, (1.0, 1.0), ())
    assert [c.text for c in first.candidates] == ["Zebras drink at dawn.", "Lions drink at noon."]
    assert first.candidates[0].span == (13, 20)
    assert first.ranks_only == (1.0, 0.0)
    assert first.candidates[0].nearness > first.candidates[1].nearness
    write_lines(asked, tmp_path / "lists.jsonl.gz")
    assert list(read(tmp_path / "lists.jsonl.gz")) == asked


@dataclass
class Counting:
    """Says the length of a text; counts what it was asked."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def judge(self, words: Sequence[tuple[str, str, str]]) -> list[Said]:
        self.asked += words
        return [Said(float(len(text)), -1.0, 0.5, 2.5, (0, 4) if text else None) for _, _, text in words]


def test_what_was_said_once_is_not_asked_again(tmp_path: Path) -> None:
    reader = Counting()
    logits = Logits(tmp_path / "logits.npz", reader)
    words = [("q", "", "four"), ("q", "s", "four"), ("q", "", "four"), ("q", "", "")]
    said = logits.of(words)
    assert [one.relevance for one in said] == [4.0, 4.0, 4.0, 0.0]
    assert len(reader.asked) == 3
    logits.save()
    again = Counting()
    assert Logits(tmp_path / "logits.npz", again).of(words) == said
    assert again.asked == []


def listed(grade: float | None, span: tuple[int, int] | None = None) -> Listed:
    return Listed("", "text", 0.5, 0.5, 0.5, grade, span)


def question(
    domain: str, *candidates: tuple[Listed, float, tuple[int, int] | None], kind: Kind = "answerable"
) -> Judged:
    """Candidates with their relevance, which is their best words' logit as well, and these words."""
    said = tuple(Said(relevance, 0.0, 0.0, relevance, span) for _, relevance, span in candidates)
    return Judged(Asked(domain, kind, "q", 9, (1.0,), (), True, tuple(c for c, _, _ in candidates)), said)


def test_what_nobody_knows_is_not_counted() -> None:
    one = question("law", (listed(1.0), 3.0, None), (listed(None), 2.0, None), (listed(0.0), 1.0, None))
    found = of_relevance([one, question("law", (listed(0.1), 4.0, None), (listed(0.4), 5.0, None))])
    assert dict(zip(found.logits.tolist(), found.happened.tolist(), strict=True)) == {3: 1, 1: 0, 5: 1}


def test_words_are_right_where_most_of_them_are_and_only_the_most_relevant_passage_counts() -> None:
    right, wrong = listed(1.0, (10, 20)), listed(0.0)
    found = of_answers(
        [
            question("law", (right, 3.0, (12, 20)), (wrong, 2.0, (0, 4))),
            question("law", (right, 4.0, (18, 40))),
            question("law", (right, 1.0, (10, 20)), (wrong, 5.0, (0, 4))),
            question("law", (listed(None), 6.0, (0, 4))),
        ]
    )
    assert dict(zip(found.logits.tolist(), found.happened.tolist(), strict=True)) == {3: 1, 4: 0, 5: 0}


def test_kinds_of_question_count_as_people_are_assumed_to_ask() -> None:
    asked = [question("law", (listed(1.0), 3.0, None))] * 5
    asked += [question("law", (listed(0.0), 1.0, None), kind="far")] * 2
    found = of_relevance(asked)
    shares = [found.weights[found.logits == logit].sum() for logit in (3.0, 1.0)]
    assert shares == pytest.approx([MIXTURE["answerable"], MIXTURE["far"]])
