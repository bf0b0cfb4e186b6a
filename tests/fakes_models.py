"""Models without weights for tests of the engine and of the command line."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag_core.index.records import Identity
from rag_core.ingest.chunker import CHUNKER_VERSION
from rag_core.model_protocols import PassageReader
from rag_core.runtime.devices import DeviceKind
from rag_core.text.language import Language, Languages
from tests.fakes_encoder import FakeEncoder
from tests.fakes_generator import FakeGenerator

ENGLISH_ONLY = Languages(frozenset({"en"}))


@dataclass
class FakeModels:
    """Fulfils `engine.models.Models`. Change `encoder` or `generator` to make them say, or do, something else."""

    encoder: FakeEncoder = field(default_factory=FakeEncoder)
    generator: FakeGenerator = field(default_factory=FakeGenerator)
    reader: PassageReader | None = None
    load_ms: dict[str, float] = field(default_factory=dict)
    providers: dict[str, str] = field(default_factory=lambda: {"embed": "fake", "generate": "fake"})
    reasons: dict[str, str] = field(default_factory=dict)
    precisions: dict[str, str] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    llm_id: str = "fake-llm"
    evidence_tokens: int = 200
    max_new_tokens: int = 64
    languages: Languages = field(default_factory=Languages)
    reader_languages: Languages = field(default_factory=lambda: ENGLISH_ONLY)
    closed: bool = False
    kind: DeviceKind = "cpu"
    retried: int = 0

    @property
    def token_counter(self) -> FakeEncoder:
        return self.encoder

    @property
    def identity(self) -> Identity:
        return Identity(self.encoder.pack_id, "0" * 64, self.encoder.dim, "mean", str(CHUNKER_VERSION))

    def kind_of(self, stage: str) -> DeviceKind:
        return self.kind

    def reads(self, language: Language) -> bool:
        return self.languages.knows(language)

    def reads_closely(self, language: Language) -> bool:
        return self.reader is not None and self.reader_languages.knows(language)

    def writes(self, language: Language) -> bool:
        return self.languages.knows(language)

    def retry_devices(self) -> None:
        self.retried += 1
        self.reasons.clear()
        self.failed = frozenset()
        self.providers = dict.fromkeys(self.providers, "QNNExecutionProvider")

    def close(self) -> None:
        self.closed = True
