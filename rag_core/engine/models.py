"""What the engine asks of its models, whoever provides them."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from rag_core.errors import UserError
from rag_core.index.records import Identity
from rag_core.messages import Message, literal
from rag_core.model_protocols import PassageReader, TextEncoder, TextGenerator, TokenCounter
from rag_core.runtime.devices import DeviceKind
from rag_core.runtime.pack import PREPARE
from rag_core.text.language import Language

# The reason of a stage that can be done without, where nothing is installed for it: nothing is wrong then.
NOT_INSTALLED = f"No model that reads passages closely is installed: words and vectors alone choose them. {PREPARE}"


class Models(Protocol):
    """What the engine asks of its models. Each is opened on first use; raises PackMissing when it is not installed.

    `load_ms` (per model, of those opened since it was last cleared), `providers` and `precisions` (per stage) fill as
    models are opened; `reasons` says, per stage, why it does not run where it was asked to. They are true now: a stage
    that went on elsewhere in the middle of work shows it at once. `failed` are stages whose device failed or
    refused the model, so that it is not used until `retry_devices`.
    """

    load_ms: dict[str, float]

    @property
    def providers(self) -> dict[str, str]: ...

    @property
    def reasons(self) -> dict[str, str]: ...

    @property
    def precisions(self) -> dict[str, str]: ...

    @property
    def failed(self) -> frozenset[str]: ...

    @property
    def encoder(self) -> TextEncoder: ...

    @property
    def reader(self) -> PassageReader | None:
        """None where none is installed, or it cannot be opened: `reasons` say why. Everything works without it, by
        words and vectors.
        """
        ...

    def reads_closely(self, language: Language) -> bool:
        """Whether there is a reader, and it knows the language; opens no model."""
        ...

    @property
    def token_counter(self) -> TokenCounter: ...

    @property
    def generator(self) -> TextGenerator: ...

    @property
    def identity(self) -> Identity:
        """What vectors and chunks that are made now are made by."""
        ...

    @property
    def llm_id(self) -> str: ...

    @property
    def evidence_tokens(self) -> int:
        """How much of the passages the language model handles well in one prompt."""
        ...

    @property
    def max_new_tokens(self) -> int:
        """The longest answer that suits the language model."""
        ...

    def kind_of(self, stage: str) -> DeviceKind:
        """The kind of device that a stage ("embed", "rerank", "generate") runs on, or will.

        Opens no model, and raises nothing."""
        ...

    def reads(self, language: Language) -> bool:
        """Whether the embedder knows the language."""
        ...

    def writes(self, language: Language) -> bool:
        """Whether the language model can answer in the language."""
        ...

    def retry_devices(self) -> None:
        """Forget which devices failed, and open the models anew when they are next used."""
        ...

    def close(self) -> None:
        """Give the models' memory back; the next use opens them again."""
        ...


def open_largest_first(models: Models) -> None:
    """Where one NPU is to hold the language model and others, it goes in first, while there is most room.

    Elsewhere nothing is opened: a question that needs the embedder does not wait for the language model.
    """
    if models.kind_of("generate") == "npu" and "npu" in (models.kind_of("embed"), models.kind_of("rerank")):
        with suppress(UserError):  # who needs it is told then
            models.generator  # noqa: B018 - opening it is what is wanted


def told(models: Models) -> dict[str, Message]:
    """The models' reasons, for an answer."""
    return {stage: literal(reason) for stage, reason in models.reasons.items()}


def has_no_reader(models: Models) -> bool:
    """Whether none is installed, rather than one that does not work. Opens the one that there is."""
    return models.reader is None and models.reasons.get("rerank", NOT_INSTALLED) == NOT_INSTALLED
