"""What the stages ask of a model, whichever pack and device it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rag_core.types import FloatArray, Reading

if TYPE_CHECKING:
    from rag_core.progress import CancelToken


@runtime_checkable
class TextEncoder(Protocol):
    """Turns text into unit vectors.

    Law: the same text gives the same vector whatever it is batched with (cosine >= 0.99, int8 included); rows are
    float32 of unit length, shape (len(texts), dim); an empty sequence gives shape (0, dim); text beyond `max_tokens`
    is cut.
    """

    pack_id: str
    dim: int
    max_tokens: int

    def encode_queries(self, texts: Sequence[str]) -> FloatArray: ...

    def encode_passages(self, texts: Sequence[str]) -> FloatArray: ...


@runtime_checkable
class PassageReader(Protocol):
    """Reads passages for a question, and checks sentences against passages.

    A text is (subject, text): the subject is the title and headings that it stands under, or "". Law: what is said of
    a text does not depend on what it is read with (within rounding); spans lie inside their own text.
    """

    pack_id: str

    def read(
        self, question: str, texts: Sequence[tuple[str, str]], cancel: CancelToken | None = None
    ) -> list[Reading | None]:
        """One per text, in order; texts are given likeliest first. None for a text that was left unread, because the
        best are clear already or the time was up. Raises Cancelled."""
        ...

    def support(self, pairs: Sequence[tuple[str, str]], cancel: CancelToken | None = None) -> Sequence[float | None]:
        """For each (sentence, evidence), the calibrated probability that the evidence supports the sentence. None for
        one that could not be checked. Raises Cancelled."""
        ...


@runtime_checkable
class TokenCounter(Protocol):
    """Where the encoder's tokens lie in a text: half-open character ranges in order, special tokens left out."""

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...
