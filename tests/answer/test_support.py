from __future__ import annotations

from rag_core.answer.support import SUPPORTED, best_evidence


def test_the_number_of_a_section_before_a_sentence_is_no_claim() -> None:
    passage = "1.3 Overtime\n\nOvertime is agreed with the head of department before it is worked."
    repeated = "1.3 Overtime is agreed with the head of department before it is worked."
    assert best_evidence(repeated, passage).support == 1


def test_a_figure_at_the_beginning_of_a_sentence_stays_a_claim() -> None:
    passage = "Overtime is paid at twice the hourly rate."
    assert best_evidence("1.25 times the hourly rate is paid for overtime.", passage).support < SUPPORTED
