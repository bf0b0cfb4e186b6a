"""The language model as the engine sees it: messages in, pieces of text out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from rag_core.progress import CancelToken
from rag_core.runtime.choice import Surroundings
from rag_core.runtime.pack import Pack
from rag_core.types import ChatMessage

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
class Generator(Protocol):
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
    - `stats` describes the last call, also after Cancelled. `provider` names the execution provider that does the work,
      `reason` why it is not a better one (empty where it is the best that was allowed). Both may change while text is
      made: a device that fails is left for the next best, and the text goes on where it was.
    - One text at a time: when another is begun, the next step of the older raises RuntimeError. One that was closed,
      dropped or never begun is in nobody's way.
    - One thread at a time. After `close` the memory is free and only `close` may be called again.
    """

    pack_id: str

    @property
    def provider(self) -> str: ...

    @property
    def reason(self) -> str: ...

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


def open_generator(
    pack: Pack, threads: int = 0, preference: str = "auto", around: Surroundings | None = None
) -> Generator:
    """Verify an LLM pack and load it where `preference` ("auto", "cpu", "npu") and what there is `around` want it.

    `threads` 0 means one per real core, 8 at most. Without `around` (no contexts, no memory of failures) the pack's own
    graphs run. Raises PackCorrupt (a file differs from the manifest, or the runtime refuses the model), MemoryDenied,
    ProviderUnavailable where a demand cannot be met.
    """
    from rag_core.generate.opening import open_where_wanted  # runtimes cost start-up time: only when wanted

    return open_where_wanted(pack, threads, preference, around)
