"""What crosses to the window: less of it, nothing lost that matters, in order."""

from __future__ import annotations

from rag_core.host.events import Event, Finished
from rag_core.host.merging import Merger
from rag_core.progress import Progress
from rag_core.types import Document, DocumentsSearchable, FileReading, TextStreamed


def merged(*events: tuple[int, object]) -> list[tuple[int, object]]:
    merger = Merger()
    for job_id, payload in events:
        merger.add(Event(job_id, payload))
    return [(event.job_id, event.payload) for event in merger.take()]


def done(path: str) -> Document:
    return Document("0" * 64, path, "text/plain", "", 1, 1, 1, 1, "keyword_searchable")


def read(count: int) -> Progress:
    return Progress("read", count, 3, "files")


def test_tokens_become_one_text_of_the_same_words() -> None:
    assert merged(*((1, TextStreamed(piece)) for piece in ("Full", "-time", " staff"))) == [
        (1, TextStreamed("Full-time staff"))
    ]


def test_of_progress_only_the_latest_of_a_stage_is_sent_and_every_file_is_told() -> None:
    assert merged((1, read(1)), (1, done("a")), (1, read(2)), (1, done("b")), (1, read(3))) == [
        (1, done("a")),
        (1, done("b")),
        (1, read(3)),
    ]
    scanned = Progress("scan", 3, 3, "files")
    assert merged((1, scanned), (1, read(1))) == [(1, scanned), (1, read(1))]


def test_a_file_that_is_done_is_not_announced_as_being_read() -> None:
    assert merged((1, FileReading("a")), (1, FileReading("b")), (1, done("a"))) == [
        (1, FileReading("b")),
        (1, done("a")),
    ]


def test_jobs_are_never_mixed() -> None:
    assert merged((1, read(1)), (2, read(2))) == [(1, read(1)), (2, read(2))]
    assert merged((1, TextStreamed("a")), (2, TextStreamed("b"))) == [(1, TextStreamed("a")), (2, TextStreamed("b"))]


def test_documents_that_became_searchable_are_told_together() -> None:
    assert merged((1, DocumentsSearchable(("a",))), (1, DocumentsSearchable(("b",)))) == [
        (1, DocumentsSearchable(("a", "b")))
    ]


def test_an_ending_cannot_wait() -> None:
    merger = Merger()
    merger.add(Event(1, read(1)))
    waits = [merger.urgent]
    merger.add(Event(1, Finished()))
    waits.append(merger.urgent)
    merger.take()
    waits.append(merger.urgent)
    assert waits == [False, True, False]
    assert len(merger) == 0
