"""The models of the installed packs, each opened when it is first needed and told of where it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast, runtime_checkable

from rag_core.embed.description import read_spec
from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.engine import suited
from rag_core.engine.models import NOT_INSTALLED
from rag_core.engine.optional_reader import OptionalReader
from rag_core.errors import PackCorrupt, PackMissing, UserError
from rag_core.generate.generator import Generator, open_generator
from rag_core.identity import identity_of
from rag_core.index.records import Identity
from rag_core.model_protocols import PassageReader, TokenCounter
from rag_core.paths import DataDir
from rag_core.read.opening import open_reader
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.choice import Choice, Place, Surroundings, choose
from rag_core.runtime.devices import CPU, QNN, DeviceKind, devices_for, list_devices
from rag_core.runtime.pack import Pack
from rag_core.runtime.stages import EMBED, GENERATE, RERANK, STAGES, Stage, stage_named
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.settings import Settings
from rag_core.text.language import Language, Languages


class _Placed(Protocol):
    """What every model says of where it runs, at any time."""

    @property
    def provider(self) -> str: ...

    @property
    def reason(self) -> str: ...


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None: ...


Model = TypeVar("Model", bound=_Placed)
Opener = Callable[[Pack, int, str, Surroundings], Model]


@dataclass(slots=True)
class PackModels:
    """Models from packs, as the settings choose them, on the devices of this machine."""

    data_dir: DataDir
    settings: Settings
    load_ms: dict[str, float] = field(default_factory=dict)
    _around: Surroundings = field(init=False)
    _models: dict[str, _Placed] = field(default_factory=dict)
    _without: dict[str, str] = field(default_factory=dict)  # optional stages that have no model, and why
    _token_counter: TokenCounter | None = None
    _packs: dict[str, Pack] = field(default_factory=dict)
    _choices: dict[str, Choice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        file = self.data_dir.device_file
        self._around = Surroundings(self.data_dir.contexts, Breaker(file), file)

    @property
    def providers(self) -> dict[str, str]:
        return {stage: model.provider for stage, model in self._opened()}

    @property
    def reasons(self) -> dict[str, str]:
        return {stage: model.reason for stage, model in self._opened() if model.reason} | self._without

    @property
    def precisions(self) -> dict[str, str]:
        return {stage.name: self._precision(stage) for stage in STAGES if stage.name in self._models}

    def _precision(self, stage: Stage) -> str:
        """As the model says itself; one that is made of several graphs does not."""
        model = self._models[stage.name]
        if told := getattr(model, "precision", ""):
            return str(told)
        place = self._place(stage, model.provider)
        return (place.pack if place else self.pack_of(stage)).manifest.graphs[0].precision

    @property
    def failed(self) -> frozenset[str]:
        wanted = self.settings.execution_provider
        if wanted.lower() == "cpu":
            return frozenset()
        providers = {device.provider for device in devices_for(wanted, list_devices())} - {CPU}
        blocked = self._around.breaker.blocked
        return frozenset(
            stage.name
            for stage in STAGES
            if any(blocked(provider, stage.name) for provider in providers) or self._has_moved(stage)
        )

    def _has_moved(self, stage: Stage) -> bool:
        """Whether the model had to leave the best place that it could have had."""
        model = self._models.get(stage.name)
        best = self._place(stage, "") if model is not None else None
        return model is not None and best is not None and model.provider != best.device.provider

    def kind_of(self, stage: str) -> DeviceKind:
        model = self._models.get(stage)
        place = self._place(stage_named(stage), model.provider if model else "")
        if place is None:  # a pack that brings its own accelerator has no places
            return "npu" if model is not None and model.provider == QNN else "cpu"
        return place.device.kind

    def _opened(self) -> Iterator[tuple[str, _Placed]]:
        """They are asked, not remembered: a device can fail in the middle of a text."""
        return ((stage.name, self._models[stage.name]) for stage in STAGES if stage.name in self._models)

    def _place(self, stage: Stage, provider: str) -> Place | None:
        """Where the stage runs on `provider`, or, where that is empty, will run. None where it cannot run."""
        try:
            if stage.name not in self._choices:
                preference = self.settings.execution_provider
                self._choices[stage.name] = choose(stage.name, self.pack_of(stage), preference, self._around)
        except UserError:  # whoever opens the model is told
            return None
        places = self._choices[stage.name].places
        return next((place for place in places if provider in ("", place.device.provider)), None)

    def pack_of(self, stage: Stage) -> Pack:
        """Looked up once: a manifest is read in a millisecond, and every search asks for it several times.

        Raises PackMissing, PackCorrupt.
        """
        if stage.name not in self._packs:
            self._packs[stage.name] = stage.pack(self.data_dir.packs, self.settings)
        return self._packs[stage.name]

    def _model(self, stage: Stage, load: str, open_on: Opener[Model]) -> Model:
        if stage.name not in self._models:
            with self._timed(load):
                chosen = self.settings
                opened = open_on(self.pack_of(stage), chosen.threads, chosen.execution_provider, self._around)
            self._models[stage.name] = opened
        return cast(Model, self._models[stage.name])

    @property
    def encoder(self) -> Encoder:
        return self._model(EMBED, "load_embedder", open_encoder)

    @property
    def reader(self) -> PassageReader | None:
        if self._reader_pack() is None:
            return None
        try:
            opened = self._model(RERANK, "load_reader", open_reader)
        except UserError as error:
            self._go_without_reader(error)
            return None
        return OptionalReader(opened.pack_id, opened, self._go_without_reader)

    def _go_without_reader(self, failure: UserError) -> None:
        self._without[RERANK.name] = str(failure)
        self._models.pop(RERANK.name, None)

    def _reader_pack(self) -> Pack | None:
        """What is wrong with it is a reason, not an error; it is looked at again after `close`."""
        if RERANK.name not in self._without:
            try:
                return self.pack_of(RERANK)
            except PackMissing:
                self._without[RERANK.name] = NOT_INSTALLED
            except PackCorrupt as damage:
                self._without[RERANK.name] = str(damage)
        return None

    @property
    def generator(self) -> Generator:
        return self._model(GENERATE, "load_llm", open_generator)

    @property
    def token_counter(self) -> TokenCounter:
        """The embedder's tokenizer alone: cutting documents needs no model."""
        if self._token_counter is None:
            pack = self.pack_of(EMBED)
            self._token_counter = PackTokenizer(pack.path_of(read_spec(pack).tokenizer))
        return self._token_counter

    @property
    def identity(self) -> Identity:
        return identity_of(self.pack_of(EMBED))

    @property
    def llm_id(self) -> str:
        return self.pack_of(GENERATE).id

    @property
    def evidence_tokens(self) -> int:
        return suited.evidence_tokens(self.settings, self.pack_of(GENERATE).manifest.spec, self.kind_of(GENERATE.name))

    @property
    def max_new_tokens(self) -> int:
        return suited.max_new_tokens(self.settings, self.pack_of(GENERATE).manifest.spec, self.kind_of(GENERATE.name))

    def reads(self, language: Language) -> bool:
        return _languages(self.pack_of(EMBED)).knows(language)

    def reads_closely(self, language: Language) -> bool:
        pack = self._reader_pack()
        return pack is not None and _languages(pack).knows(language)

    def writes(self, language: Language) -> bool:
        return _languages(self.pack_of(GENERATE)).knows(language)

    def retry_devices(self) -> None:
        self._around.breaker.retry()
        self.close()

    def close(self) -> None:
        for model in self._models.values():
            if isinstance(model, _Closable):
                model.close()
        self._token_counter = None
        for kept in (self._models, self._without, self._packs, self._choices):
            kept.clear()

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.load_ms[name] = (time.perf_counter() - started) * 1000


def _languages(pack: Pack) -> Languages:
    return Languages.of(pack.manifest.spec)
