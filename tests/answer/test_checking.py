"""A sentence beside the passages, with the word of a reader: who may overrule whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from rag_core.answer.checking import Checker, holds
from rag_core.types import Passage

LEAVE = "Every member of staff has 25 days of annual leave. Leave that is left over lapses on 31 March."
ROOMS = "The Oak Room seats 12 people. It is booked at reception."


def passage(rank: int, text: str) -> Passage:
    return Passage(rank, (rank,), f"d{rank}", f"/{rank}.txt", "", 3, "", 100, 100 + len(text), text)


def checker(says: float | None | Callable[[str], float]) -> tuple[Checker, list[tuple[str, str]]]:
    asked: list[tuple[str, str]] = []

    def support(pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        asked.extend(pairs)
        return [says(evidence) if callable(says) else says for _, evidence in pairs]

    return Checker([passage(1, LEAVE), passage(2, ROOMS)], "", support), asked


@pytest.mark.parametrize(
    "sentence",
    [
        "Every member of staff has 30 days of annual leave.",  # a wrong figure
        "The Oak Room is not booked at reception.",  # the opposite
        "Whales sing at night.",  # not a word of it
    ],
)
def test_no_reader_is_believed_against_figures_and_negations(sentence: str) -> None:
    assert checker(1.0)[0].verdict(sentence).proof is None


def test_a_reader_sees_that_a_paraphrase_means_the_same() -> None:
    sentence = "Staff receive 25 days of paid annual holiday."
    assert checker(None)[0].verdict(sentence).proof is None
    verdict = checker(0.9)[0].verdict(sentence)
    assert verdict.proof is not None and verdict.proof.text == "Every member of staff has 25 days of annual leave."
    check = verdict.check(0, len(sentence))
    assert (check.supported, check.by, check.probability, check.passage) == (True, "reader", 0.9, 1)


def test_words_that_are_put_together_otherwise_need_the_readers_assent() -> None:
    sentence = "Annual leave lapses for every member of staff."
    assert checker(None)[0].verdict(sentence).proof is not None
    refused = checker(0.05)[0].verdict(sentence)
    assert refused.proof is None and not refused.check(0, 9).supported and refused.probability == 0.05


def test_what_stands_there_word_for_word_needs_nobody() -> None:
    one, asked = checker(0.0)
    verdict = one.verdict("the Oak Room  seats 12 people")
    assert verdict.proof is not None and verdict.check(0, 1).by == "words" and not asked
    assert one.verdict("3.1 The Oak Room seats 12 people.").proof is not None  # with its section's number


def test_a_row_is_proved_by_its_words_but_not_with_another_figure() -> None:
    row = passage(1, "Service: Lasting power of attorney | Fixed fee: 310\nService: Simple will | Fixed fee: 240")
    one = Checker([row], "", lambda pairs: [0.1 for _ in pairs])
    assert one.verdict("The fixed fee for a lasting power of attorney is £310.").proof is not None
    assert one.verdict("The fixed fee for a lasting power of attorney is £240.").proof is None


def test_part_of_a_number_is_not_word_for_word() -> None:
    assert checker(1.0)[0].verdict("5 days of annual leave").proof is None


def test_the_reader_sees_the_sentences_around_the_evidence() -> None:
    one, asked = checker(lambda evidence: 1.0 if "Oak Room" in evidence else 0.0)
    verdict = one.verdict("People book the Oak Room at reception.")
    assert verdict.proof is not None and verdict.proof.passage == 2
    assert any(evidence == ROOMS for _, evidence in asked)


def test_where_the_reader_cannot_tell_words_decide() -> None:
    verdict = checker(None)[0].verdict("Staff have 25 days of annual leave.")
    assert verdict.proof is not None and verdict.probability is None


def test_an_answer_says_the_same_with_most_of_the_words_but_all_of_the_figures() -> None:
    assert holds("It is needed from the eighth day.", "eighth calendar day")
    assert not holds("It is needed from the 7th calendar day.", "8 calendar days")
    assert not holds("The treasurer signs.", "Any partner")
