"""Models without weights for tests of the engine and of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag_core.engine.models import Models, StageModel
from rag_core.errors import PackMissing, UserError
from rag_core.messages import NOTHING, Message, literal
from rag_core.runtime.devices import PLAIN_NAMES, QNN, Device, DeviceKind
from rag_core.runtime.pack import Manifest, Pack
from rag_core.stages import EMBED, GENERATE, READ, STAGES, Stage
from rag_core.text.language import Language, Languages
from tests.fakes_encoder import FakeEncoder
from tests.fakes_generator import FakeGenerator
from tests.fakes_reader import FakeReader

ENGLISH_ONLY = Languages(frozenset({"en"}))


class FakeStage(StageModel[Any]):
    """Says of itself what it is told to. Without a model none is installed, or it cannot be used: `refusal`."""

    provider, precision, has_failed = "fake", "", False
    kind: DeviceKind = "cpu"

    def __init__(self, stage: Stage[Any], model: Any, kind: DeviceKind, languages: Languages, **spec: int) -> None:
        self.stage = stage
        self.fake = model
        self.refusal: UserError | None = None
        self.told = NOTHING
        self.kind = kind
        self.languages = languages
        self.spec: dict[str, Any] = spec
        self._made, self._failure, self._is_used = None, None, False

    @property
    def pack(self) -> Pack:
        if self.fake is None and self.refusal is None:
            raise PackMissing("It is not installed.")
        spec = self.spec | {"dim": getattr(self.fake, "dim", 1), "max_tokens": 256, "pooling": "mean"}
        name = getattr(self.fake, "pack_id", "damaged")
        return Pack(Path(), Manifest(name, self.stage.role, name, "", "1", (), (), spec), "0" * 64)

    @property
    def unopened(self) -> Any:
        return self.fake

    @property
    def model(self) -> Any:
        if self.refusal is not None or self.fake is None:
            self._do_without(self.refusal or PackMissing("It is not installed."))
            raise self.refusal or PackMissing("It is not installed.")
        self._raise_failure()
        return self.fake

    @property
    def reason(self) -> Message:
        return self.told or super().reason

    @property
    def device(self) -> Device:
        return Device(self.provider, self.kind, PLAIN_NAMES.get(self.provider, self.provider), "", False, None)

    def knows(self, language: Language) -> bool:
        return self.fake is not None and self._failure is None and self.languages.knows(language)

    def give(self, model: Any = None, refusal: UserError | None = None) -> None:
        self.fake, self.refusal, self._failure = model, refusal, None

    def move(self, provider: str, reason: str = "") -> None:
        """Its device has failed."""
        self.provider, self.told, self.has_failed = provider, literal(reason), True


class FakeModels(Models):
    """Change `encoder`, `generator` or `reader` to make them say, or do, something else."""

    def __init__(
        self,
        encoder: FakeEncoder | None = None,
        generator: FakeGenerator | None = None,
        reader: FakeReader | None = None,
        languages: Languages | None = None,
        kind: DeviceKind = "cpu",
        evidence_tokens: int = 200,
        max_new_tokens: int = 64,
    ) -> None:
        known = languages or Languages()
        room = {"evidence_tokens": evidence_tokens, "max_new_tokens": max_new_tokens}
        self._fakes = {
            EMBED.name: FakeStage(EMBED, encoder or FakeEncoder(), kind, known),
            READ.name: FakeStage(READ, reader, kind, ENGLISH_ONLY),
            GENERATE.name: FakeStage(GENERATE, generator or FakeGenerator(), kind, known, **room),
        }
        self._stages = dict(self._fakes)
        self.load_ms = {}
        self.closed = False
        self.retried = 0

    def __getitem__(self, stage: Stage[Any]) -> FakeStage:
        return self._fakes[stage.name]

    @property
    def providers(self) -> dict[str, str]:
        return {on.stage.name: on.provider for on in self._fakes.values() if on.fake is not None and not on._failure}

    @property
    def generator(self) -> FakeGenerator:
        generator: FakeGenerator = self[GENERATE].fake
        return generator

    def retry_devices(self) -> None:
        self.retried += 1
        for stage in STAGES:
            self[stage].move(QNN)
            self[stage].has_failed = False

    def close(self) -> None:
        self.closed = True
