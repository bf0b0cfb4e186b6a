"""Fewer, larger events: what waits to be sent is merged, so that a window is not woken a thousand times a second."""

from __future__ import annotations

from collections.abc import Callable

from rag_core.host.events import Ending, Event
from rag_core.progress import Progress
from rag_core.types import Document, DocumentsSearchable, FileReading, Quote, SearchResult, TextStreamed


class Merger:
    """Events of all jobs that wait to be sent. Not thread-safe.

    Of a job's `Progress` only the latest of each stage matters; pieces of text that follow each other are one piece; a
    file that is done already is not announced as being read. What is not merged keeps its order.
    """

    def __init__(self) -> None:
        self._waiting: list[Event] = []
        self.urgent = False

    def add(self, event: Event) -> None:
        self.urgent = self.urgent or isinstance(event.payload, Ending | SearchResult | Quote)
        payload = event.payload
        match payload:
            case Progress():
                self._drop(event.job_id, lambda old: isinstance(old, Progress) and _counts_the_same(old, payload))
            case Document():
                self._drop(event.job_id, lambda old: old == FileReading(payload.path))
            case DocumentsSearchable(later):
                earlier = self._drop(event.job_id, lambda old: isinstance(old, DocumentsSearchable))
                if isinstance(earlier, DocumentsSearchable):
                    event = Event(event.job_id, DocumentsSearchable(earlier.document_ids + later))
            case TextStreamed(later) if self._waiting and self._waiting[-1].job_id == event.job_id:
                if isinstance(before := self._waiting[-1].payload, TextStreamed):
                    event = Event(event.job_id, TextStreamed(before.text + later))
                    del self._waiting[-1]
        self._waiting.append(event)

    def take(self) -> list[Event]:
        """All that waits, in order; afterwards nothing does."""
        waiting, self._waiting = self._waiting, []
        self.urgent = False
        return waiting

    def __len__(self) -> int:
        return len(self._waiting)

    def _drop(self, job_id: int, superseded: Callable[[object], bool]) -> object:
        """The event that is superseded goes, if there is one (never more), and is returned."""
        for at in range(len(self._waiting) - 1, -1, -1):
            old = self._waiting[at]
            if old.job_id == job_id and superseded(old.payload):
                del self._waiting[at]
                return old.payload
        return None


def _counts_the_same(one: Progress, other: Progress) -> bool:
    return (one.stage, one.unit) == (other.stage, other.unit)
