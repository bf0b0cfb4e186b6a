"""A reader that a question can do without: where its last place fails, what it has not read is left unread, and words
check what it has not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_core.errors import UserError
from rag_core.model_protocols import PassageReader
from rag_core.progress import CancelToken
from rag_core.runtime.placement import FAILURES
from rag_core.types import Reading


@dataclass(slots=True)
class OptionalReader:
    """A `model_protocols.PassageReader` like `reader`; `give_up` is told of the failure after which nothing works."""

    pack_id: str
    reader: PassageReader
    give_up: Callable[[UserError], None]

    def read(
        self, question: str, texts: Sequence[tuple[str, str]], cancel: CancelToken | None = None
    ) -> list[Reading | None]:
        try:
            return self.reader.read(question, texts, cancel)
        except FAILURES as failure:
            self.give_up(failure)
            return [None] * len(texts)

    def support(self, pairs: Sequence[tuple[str, str]], cancel: CancelToken | None = None) -> Sequence[float | None]:
        try:
            return self.reader.support(pairs, cancel)
        except FAILURES as failure:
            self.give_up(failure)
            return [None] * len(pairs)
