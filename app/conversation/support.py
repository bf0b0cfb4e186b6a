"""How the sentences of an answer stand to the documents: which were compared with them, by what, and what came of it.

Agreement is what the reader (or shared words) found, not a proof; the words here never say more than that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.conversation.conversation_model import ShownTurn, without_markers
from app.conversation.proof import Proof, place_words
from app.kit.text import tr, tr_count
from rag_core.conversations.marked_text import one_line
from rag_core.text.words import is_cjk
from rag_core.types import SentenceCheck


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """`answer.text[start:end]`. `said` is what came of comparing it, `target` the place that it rests on (-1: none)."""

    start: int
    end: int
    text: str
    is_supported: bool
    said: str
    detail: str = ""
    target: int = -1
    is_verbatim: bool = False  # it stands in the passage word for word


@dataclass(frozen=True, slots=True)
class Support:
    """All sentences of an answer; empty where they were not compared one by one."""

    sentences: tuple[CheckedSentence, ...] = ()
    by_words: bool = False  # by shared words only; what stands in a document word for word needs no more

    @property
    def failed(self) -> int:
        return sum(not sentence.is_supported for sentence in self.sentences)


def support_of(turn: ShownTurn, proof: Proof) -> Support:
    """Of an answer that an older program kept, only the sentences that failed are known."""
    answer = turn.answer
    if answer is None or answer.not_found:
        return Support()
    if not answer.checks:
        failed = tuple(_old(answer.text, start, end) for start, end in answer.unsupported)
        return Support(failed)
    checks = tuple(_checked(turn, proof, check) for check in answer.checks)
    by_words = all(check.by == "words" for check in answer.checks)
    return Support(checks, by_words and not all(sentence.is_verbatim for sentence in checks))


def summary(support: Support) -> str:
    """In a line; empty where nothing is to be said."""
    count, failed = len(support.sentences), support.failed
    if not count:
        return ""
    if failed:
        words = tr_count(
            failed,
            "{count} sentence is not confirmed by the documents (dotted line). Check it before you rely on it.",
            "{count} sentences are not confirmed by the documents (dotted line). Check them before you rely on them.",
        )
    elif support.by_words:
        words = tr_count(
            count,
            "The sentence shares its words with the documents.",
            "All {count} sentences share their words with the documents.",
        )
    else:
        words = tr_count(
            count, "The sentence agrees with the documents.", "All {count} sentences agree with the documents."
        )
    return tr("{summary} Checked by words only.", summary=words) if support.by_words else words


def _checked(turn: ShownTurn, proof: Proof, check: SentenceCheck) -> CheckedSentence:
    passage = next((each for each in turn.passages if each.rank == check.passage), None)
    words = _words(turn.text[check.start : check.end])
    is_verbatim = check.supported and passage is not None and _stands_in(words, passage.text)
    return CheckedSentence(
        check.start,
        check.end,
        words,
        check.supported,
        _said(check, place_words(passage) if passage is not None else "", is_verbatim),
        _detail(check),
        proof.of_passage.get(passage.rank, -1) if passage is not None else -1,
        is_verbatim,
    )


def _old(text: str, start: int, end: int) -> CheckedSentence:
    return CheckedSentence(start, end, _words(text[start:end]), False, tr("Not confirmed by the documents"))


def _words(text: str) -> str:
    return one_line(without_markers(text))


def _stands_in(words: str, text: str) -> bool:
    """Word for word, whatever the spaces, the case and the mark at the end."""
    bare = one_line(words).casefold().rstrip(".!。！ ")
    letter = (
        "[a-z0-9]" if is_cjk(bare) else r"[^\W_]"
    )  # where words stand without spaces, only these tell their borders
    whole = rf"(?<!{letter}){re.escape(bare)}(?!{letter})"
    return bool(bare) and re.search(whole, one_line(text).casefold()) is not None


def _said(check: SentenceCheck, where: str, is_verbatim: bool) -> str:
    by_words = check.by == "words"
    if not check.supported:
        if by_words:
            return tr("Not confirmed by the documents (checked by words only)")
        return tr("Not confirmed by the documents")
    if is_verbatim:
        return tr("Stands word for word in {place}", place=where)
    if by_words:
        if where:
            return tr("Shares its words with {place} (checked by words only)", place=where)
        return tr("Shares its words with the documents (checked by words only)")
    return tr("Agrees with {place}", place=where) if where else tr("Agrees with the documents")


def _detail(check: SentenceCheck) -> str:
    """The reader's estimate, for those who look closely."""
    if check.probability is None:
        return ""
    percent = f"{check.probability * 100:.0f}"
    return tr("The reader's estimate that the documents support this: {percent} %", percent=percent)
