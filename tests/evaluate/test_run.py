"""A question set against a library whose behaviour is known: the report must say what happened."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Sequence

import pytest

from rag_core.evaluate.matching import overlaps, same_file
from rag_core.evaluate.questions import Claim, Question
from rag_core.evaluate.report import Report
from rag_core.evaluate.run import evaluate
from rag_core.progress import Progress
from rag_core.types import Answer, ChatMessage, Citation, Passage, Quote, SearchResult, SentenceCheck

LEAVE = "Full-time employees are entitled to 25 days of paid annual leave in each calendar year."


def passage(rank: int, path: str, page: int, text: str) -> Passage:
    return Passage(rank, (rank,), "d", path, "", page, str(page), 0, len(text), text)


class ScriptedLibrary:
    """Finds and says what it was told to; keeps the histories that it was given. Where it was told how it would find
    without its reader, it has one. A sentence is supported when a passage holds it."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[float, list[Passage]]] = {}
        self.unread: dict[str, list[Passage]] = {}
        self.said: dict[str, tuple[str, list[int]]] = {}
        self.quoted: dict[str, Quote] = {}
        self.histories: list[Sequence[ChatMessage]] = []

    def search(self, query: str, *, history: Sequence[ChatMessage], top_k: int, read: bool = True) -> SearchResult:
        self.histories.append(history)
        relevance, passages = self.found[query]
        reads = read and query in self.unread
        shown = passages if read else self.unread[query]
        counts = {"reranked": len(shown)} if reads else {}
        return SearchResult(query, tuple(shown[:top_k]), relevance, {}, {}, counts=counts)

    def answer(self, question: str, *, history: Sequence[ChatMessage]) -> Answer:
        relevance, passages = self.found[question]
        text, cited = self.said.get(question, ("Not found.", []))
        citations = tuple(Citation(rank, "", 1, 0, 0, 0, 0) for rank in cited)
        shown, quote = tuple(passages[:2]), self.quoted.get(question)
        return Answer(
            question, text, question not in self.said, shown, citations, relevance, (), {}, {}, {}, quote=quote
        )

    def check(self, question: str, sentences: Sequence[str], passages: Sequence[Passage]) -> list[SentenceCheck]:
        return [
            SentenceCheck(0, len(sentence), any(sentence in p.text for p in passages), "words")
            for sentence in sentences
        ]


@pytest.fixture
def library() -> ScriptedLibrary:
    library = ScriptedLibrary()
    wrong = passage(1, "/home/x/it.html", 1, "The IT desk answers extension 4455.")
    right = passage(2, "/home/x/handbook.pdf", 3, "2.1 Annual leave\n" + LEAVE)
    library.found["How much leave?"] = (0.9, [wrong, right])
    library.said["How much leave?"] = ("You get 25 days [2].", [2])
    library.found["Which extension?"] = (0.8, [wrong, right])
    library.said["Which extension?"] = ("25 days.", [])
    library.found["Is there a gym?"] = (0.1, [wrong])
    return library


QUESTIONS = [
    Question("How much leave?", ("handbook.pdf",), 3, "entitled to 25  days of\npaid annual leave", "25 days"),
    Question(
        "Which extension?", ("it.html",), None, "extension 4455", "4455", history=(ChatMessage("user", "IT desk?"),)
    ),
    Question("Is there a gym?", answerable=False),
]


def finish(run: Generator[Progress, None, Report]) -> tuple[list[Progress], Report]:
    steps = []
    while True:
        try:
            steps.append(next(run))
        except StopIteration as end:
            return steps, end.value


def test_the_report_says_what_happened(library: ScriptedLibrary) -> None:
    steps, report = finish(evaluate(library, QUESTIONS, relevance_threshold=0.5))
    assert [step.done for step in steps] == [0, 1, 2, 3]
    assert (report.questions, report.located, report.answerable) == (3, 2, 2)
    # right passages at ranks 2 and 1
    assert report.means["mrr_at_10"] == pytest.approx(0.75)
    assert report.means["ndcg_at_10"] == pytest.approx((1 / math.log2(3) + 1) / 2)
    assert (report.means["recall_at_1"], report.means["recall_at_5"], report.means["page_hit_rate"]) == (0.5, 1.0, 1.0)
    # one answer right and cited, one wrong and without citation
    assert (report.means["answer_recall"], report.means["cited_page_rate"]) == (0.5, 0.5)
    assert report.means["answer_f1"] == pytest.approx((2 * 2 / 6) / 2)
    assert (report.means["abstention_recall"], report.means["abstention_precision"], report.means["false_alarms"]) == (
        1.0,
        1.0,
        0.0,
    )
    assert report.means["abstention_auroc"] == 1.0
    assert report.means["calibration_error"] == pytest.approx((0.1 + 0.2 + 0.1) / 3)


def test_the_gain_of_reading_is_counted_where_something_was_read(library: ScriptedLibrary) -> None:
    wrong, right = library.found["How much leave?"][1]
    library.unread["How much leave?"] = [wrong, right]
    library.found["How much leave?"] = (0.9, [right, wrong])
    _, report = finish(evaluate(library, QUESTIONS, relevance_threshold=0.5, answers=False))
    # from rank 2 to rank 1; the other question was not read closely, and says nothing about reading
    assert report.means["reranking_gain"] == pytest.approx(1 - 1 / math.log2(3))
    assert [outcome.rank_unread for outcome in report.outcomes] == [2, 1, None]


def test_without_a_reader_there_is_no_gain_to_speak_of(library: ScriptedLibrary) -> None:
    _, report = finish(evaluate(library, QUESTIONS, relevance_threshold=0.5))
    assert math.isnan(report.means["reranking_gain"])
    assert math.isnan(report.means["quote_f1"])


def test_marked_words_are_compared_and_nothing_marked_counts_as_wrong(library: ScriptedLibrary) -> None:
    sentence = "You get 25 days of leave."
    marked = Quote(1, sentence, 3, 100, 125, answer_start=108, answer_end=115, confidence=0.9)
    assert marked.answer_text == "25 days"
    library.quoted = {"How much leave?": marked, "Which extension?": Quote(1, "The IT desk answers.", 1, 0, 20)}
    library.unread = {question: library.found[question][1] for question in library.quoted}
    _, report = finish(evaluate(library, QUESTIONS, relevance_threshold=0.5))
    assert (report.means["quote_f1"], report.means["quote_exact_match"]) == (0.5, 0.5)
    assert report.means["quote_recall"] == 0.5
    assert [outcome.marked for outcome in report.outcomes] == ["25 days", "", None]


def test_claims_count_as_right_when_they_are_judged_as_they_are_labelled(library: ScriptedLibrary) -> None:
    claims = (Claim("entitled to 25 days", True), Claim("entitled to 30 days", False), Claim("in the year", True))
    asked = [Question("How much leave?", claims=claims), Question("Is there a gym?", answerable=False)]
    _, report = finish(evaluate(library, asked, relevance_threshold=0.5, answers=False))
    assert report.outcomes[0].claims == (True, True, False)
    assert report.means["support_accuracy"] == pytest.approx(2 / 3)


def test_follow_up_questions_are_asked_in_their_conversation(library: ScriptedLibrary) -> None:
    finish(evaluate(library, QUESTIONS, relevance_threshold=0.5))
    assert library.histories[1] == (ChatMessage("user", "IT desk?"),)


def test_without_answers_the_threshold_decides_what_is_refused(library: ScriptedLibrary) -> None:
    _, report = finish(evaluate(library, QUESTIONS, relevance_threshold=0.85, answers=False))
    assert [outcome.abstained for outcome in report.outcomes] == [False, True, True]
    assert (report.means["abstention_precision"], report.means["false_alarms"]) == (0.5, 0.5)
    assert math.isnan(report.means["answer_f1"])


def test_what_was_not_measured_is_null_in_json_and_a_dash_in_the_table(library: ScriptedLibrary) -> None:
    _, report = finish(evaluate(library, QUESTIONS[:1], relevance_threshold=0.5, answers=False))
    read_back = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert read_back["answer_f1"] is None
    assert read_back["outcomes"][0]["rank"] == 2
    table = {str(name): value for name, value, _ in report.rows()}
    assert table["Answer F1"] == "–"
    assert table["MRR@10"] == "0.500"


def test_a_question_that_names_nothing_does_not_count_as_missed(library: ScriptedLibrary) -> None:
    _, report = finish(evaluate(library, [Question("How much leave?")], relevance_threshold=0.5, answers=False))
    assert report.located == 0
    assert math.isnan(report.means["ndcg_at_10"])


def test_files_are_named_by_the_end_of_their_path() -> None:
    assert same_file("a/policy.docx", r"C:\Users\Ruth\A\Policy.docx")
    assert same_file("policy.docx", "/x/policy.docx")
    assert not same_file("policy.docx", "/x/old-policy.docx")
    assert not same_file("b/policy.docx", "/x/a/policy.docx")


@pytest.mark.parametrize(
    ("excerpt", "text", "expected"),
    [
        ("25 days of paid", LEAVE, True),
        ("25\u00a0DAYS of\npaid", LEAVE, True),
        ("the client’s “best” interest", 'in the client\'s "best" interest, always', True),
        ("calendar year. The entitlement grows", "…in each calendar year.", True),  # the passage ends inside it
        ("in each calendar year. The entitlement", "The entitlement grows with age", True),  # it begins inside it
        ("in the year. No", "A new year. No", False),  # too little in common
        ("30 days", LEAVE, False),
        (LEAVE * 2, LEAVE, True),  # the passage lies inside it
        ("保存期間は10年", "記録の保存期間は１０年とする。", True),
        ("", LEAVE, False),
    ],
)
def test_overlap_ignores_what_a_copy_changes(excerpt: str, text: str, expected: bool) -> None:
    assert overlaps(excerpt, text) is expected
