"""The models of the installed packs, each opened when it is first needed and told of where it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rag_core.answer.generator import Generator, open_generator
from rag_core.embed.description import read_spec
from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.engine import suited
from rag_core.errors import UserError
from rag_core.identity import identity_of
from rag_core.index.records import Identity
from rag_core.paths import DataDir
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.choice import Choice, Place, Surroundings, choose
from rag_core.runtime.devices import CPU, QNN, DeviceKind, devices_for, list_devices
from rag_core.runtime.pack import Pack, Role, find_pack
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.settings import Settings
from rag_core.types import PassageReader, TokenCounter
from rag_core.words import is_cjk

_STAGES = ("embed", "generate")


class _Placed(Protocol):
    """What an encoder and a generator say of where they run, at any time."""

    @property
    def provider(self) -> str: ...

    @property
    def reason(self) -> str: ...


@dataclass(slots=True)
class PackModels:
    """Models from packs, as the settings choose them, on the devices of this machine."""

    data_dir: DataDir
    settings: Settings
    load_ms: dict[str, float] = field(default_factory=dict)
    _around: Surroundings = field(init=False)
    _encoder: Encoder | None = None
    _generator: Generator | None = None
    _token_counter: TokenCounter | None = None
    _packs: dict[Role, Pack] = field(default_factory=dict)
    _choices: dict[str, Choice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._around = Surroundings(self.data_dir.contexts, Breaker(self.data_dir.device_file))

    @property
    def providers(self) -> dict[str, str]:
        return {stage: model.provider for stage, model in self._opened().items()}

    @property
    def reasons(self) -> dict[str, str]:
        return {stage: model.reason for stage, model in self._opened().items() if model.reason}

    @property
    def precisions(self) -> dict[str, str]:
        found = {} if self._encoder is None else {"embed": self._encoder.precision}
        if self._generator is not None:
            place = self._place("generate", self._generator.provider)
            pack = place.pack if place else self.llm_pack
            found["generate"] = pack.manifest.graphs[0].precision
        return found

    @property
    def failed(self) -> frozenset[str]:
        wanted = self.settings.execution_provider
        if wanted.lower() == "cpu":
            return frozenset()
        providers = {device.provider for device in devices_for(wanted, list_devices())} - {CPU}
        blocked = self._around.breaker.blocked
        return frozenset(
            stage
            for stage in _STAGES
            if any(blocked(provider, stage) for provider in providers) or self._has_moved(stage)
        )

    def _has_moved(self, stage: str) -> bool:
        """Whether the model had to leave the best place that it could have had."""
        opened = self._opened().get(stage)
        best = self._place(stage, "") if opened is not None else None
        return opened is not None and best is not None and opened.provider != best.device.provider

    def kind_of(self, stage: str) -> DeviceKind:
        opened = self._opened().get(stage)
        place = self._place(stage, opened.provider if opened else "")
        if place is None:  # a pack that brings its own accelerator has no places
            return "npu" if opened is not None and opened.provider == QNN else "cpu"
        return place.device.kind

    def _opened(self) -> dict[str, _Placed]:
        """They are asked, not remembered: a device can fail in the middle of a text."""
        opened: dict[str, _Placed | None] = {"embed": self._encoder, "generate": self._generator}
        return {stage: model for stage, model in opened.items() if model is not None}

    def _place(self, stage: str, provider: str) -> Place | None:
        """Where the stage runs on `provider`, or, where that is empty, will run. None where it cannot run."""
        try:
            if stage not in self._choices:
                pack = self._pack_of(stage)
                self._choices[stage] = choose(stage, pack, self.settings.execution_provider, self._around)
        except UserError:  # whoever opens the model is told
            return None
        places = self._choices[stage].places
        return next((place for place in places if provider in ("", place.device.provider)), None)

    @property
    def reader(self) -> PassageReader | None:
        return None

    def reads_closely(self, text: str) -> bool:
        return self.reader is not None and not is_cjk(text)

    def _pack_of(self, stage: str) -> Pack:
        return self.embedder_pack if stage == "embed" else self.llm_pack

    @property
    def embedder_pack(self) -> Pack:
        return self._found("embedder", self.settings.embedder)

    @property
    def llm_pack(self) -> Pack:
        return self._found("llm", self.settings.llm)

    def _found(self, role: Role, pack_id: str) -> Pack:
        """Looked up once: a manifest is read in a millisecond, and every search asks for it several times."""
        if role not in self._packs:
            self._packs[role] = find_pack(self.data_dir.packs, role, pack_id or None)
        return self._packs[role]

    @property
    def encoder(self) -> Encoder:
        if self._encoder is None:
            with self._timed("load_embedder"):
                chosen = self.settings
                pack = self.embedder_pack
                self._encoder = open_encoder(pack, chosen.threads, chosen.execution_provider, self._around)
        return self._encoder

    @property
    def token_counter(self) -> TokenCounter:
        """The embedder's tokenizer alone: cutting documents needs no model."""
        if self._token_counter is None:
            pack = self.embedder_pack
            self._token_counter = PackTokenizer(pack.path_of(read_spec(pack).tokenizer))
        return self._token_counter

    @property
    def generator(self) -> Generator:
        if self._generator is None:
            with self._timed("load_llm"):
                chosen = self.settings
                self._generator = open_generator(self.llm_pack, chosen.threads, chosen.execution_provider, self._around)
        return self._generator

    @property
    def identity(self) -> Identity:
        return identity_of(self.embedder_pack)

    @property
    def llm_id(self) -> str:
        return self.llm_pack.id

    @property
    def evidence_tokens(self) -> int:
        return suited.evidence_tokens(self.settings, self.llm_pack.manifest.spec, self.kind_of("generate"))

    @property
    def max_new_tokens(self) -> int:
        return suited.max_new_tokens(self.settings, self.llm_pack.manifest.spec, self.kind_of("generate"))

    def reads(self, text: str) -> bool:
        return _knows(self.embedder_pack, text)

    def writes(self, text: str) -> bool:
        return _knows(self.llm_pack, text)

    def retry_devices(self) -> None:
        self._around.breaker.retry()
        self.close()

    def close(self) -> None:
        if self._generator is not None:
            self._generator.close()
        self._generator = self._encoder = self._token_counter = None
        self._packs.clear()
        self._choices.clear()

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.load_ms[name] = (time.perf_counter() - started) * 1000


def _knows(pack: Pack, text: str) -> bool:
    """A pack that does not name its languages is taken to know them all."""
    languages = pack.manifest.spec.get("languages", [])
    return not languages or not is_cjk(text) or not {"zh", "ja", "ko"}.isdisjoint(languages)
