"""Whether sentences are true to passages: those of an answer, and those that a person wants checked."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rag_core.answer.checking import Checker, Support
from rag_core.engine.workspace import Workspace
from rag_core.progress import CancelToken
from rag_core.stages import READ
from rag_core.text.language import Language, language_of, language_within
from rag_core.types import Passage, SentenceCheck


def support_by_reader(
    language: Language, work: Workspace, timings_ms: dict[str, float], cancel: CancelToken | None = None
) -> Support | None:
    """The reader's word on sentences, which adds its time to `timings_ms["check"]`.

    None where there is no reader, or it does not know the question's language. One that fails on the way says nothing
    of the sentences that are left (its `reason` says why), and is not asked again.
    """
    reading = work.models[READ]
    if not reading.knows(language) or reading.or_none() is None:
        return None

    def support(pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        started = time.perf_counter()
        known = [pair for pair in pairs if all(reading.knows(language_within(text, language)) for text in pair)]
        unsaid: Sequence[float | None] = [None] * len(known)
        judged = reading.attempt(lambda reader: reader.support(known, cancel), unsaid) if known else unsaid
        said = dict(zip(known, judged, strict=True))
        timings_ms["check"] = timings_ms.get("check", 0.0) + (time.perf_counter() - started) * 1000
        return [said.get(pair) for pair in pairs]

    return support


def check(question: str, sentences: Sequence[str], passages: Sequence[Passage], work: Workspace) -> list[SentenceCheck]:
    """One for each sentence, by itself: its offsets count in the sentence."""
    checker = Checker(passages, question, support_by_reader(language_of(question), work, {}))
    return [checker.verdict(sentence).check(0, len(sentence)) for sentence in sentences]
