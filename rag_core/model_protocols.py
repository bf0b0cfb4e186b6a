"""What the stages ask of a model, whichever pack and device it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from rag_core.types import ChatMessage, FloatArray

if TYPE_CHECKING:
    from rag_core.progress import CancelToken


StoppedBy = Literal["end", "length", "repetition", "cancelled", ""]


@dataclass(frozen=True, slots=True)
class GenerationStats:
    """What the last `generate` did. `prompt_tokens` were asked for, `reused_tokens` of them were still computed.

    `time_to_first_token_ms` counts from the call to the first token, `decode_ms` from there to the last.
    `stopped_by` is empty while text is still being made.
    """

    prompt_tokens: int = 0
    reused_tokens: int = 0
    new_tokens: int = 0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    time_to_first_token_ms: float = 0.0
    stopped_by: StoppedBy = ""


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
class TokenCounter(Protocol):
    """Where the encoder's tokens lie in a text: half-open character ranges in order, special tokens left out."""

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


@runtime_checkable
class TextGenerator(Protocol):
    """Writes text that continues a conversation.

    Law:
    - `generate` yields pieces which joined are the answer; no piece is empty and none holds half a character.
    - With `temperature` 0 the same messages give the same text, whatever was generated before; above 0 the same `seed`
      does.
    - At most `max_new_tokens` are made. It stops earlier at the model's own end, or when the model has begun to repeat
      itself; `stats.stopped_by` says which.
    - When `cancel` is set, from any thread, the next step raises Cancelled; the generator stays usable. Closing the
      iterator early also leaves it usable.
    - Messages whose tokens and `max_new_tokens` exceed `context_tokens` raise UserError before any work: nothing is
      ever cut silently.
    - `count_tokens` counts plain text, `count_prompt_tokens` messages with all that the chat template adds.
    - `stats` describes the last call, also after Cancelled.
    - One text at a time: when another is begun, the next step of the older raises RuntimeError. One that was closed,
      dropped or never begun is in nobody's way.
    - One thread at a time. After `close` the memory is free, until the next text is asked for.
    """

    pack_id: str

    @property
    def context_tokens(self) -> int: ...

    @property
    def stats(self) -> GenerationStats: ...

    def count_tokens(self, text: str) -> int: ...

    def count_prompt_tokens(self, messages: Sequence[ChatMessage]) -> int: ...

    def generate(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_new_tokens: int,
        cancel: CancelToken,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Iterator[str]: ...

    def close(self) -> None: ...
