"""The models of the installed packs, each opened when it is first needed and told of where it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from rag_core.embed.description import read_spec
from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.engine import suited
from rag_core.engine.models import NOT_INSTALLED
from rag_core.engine.optional_reader import OptionalReader
from rag_core.errors import PackCorrupt, PackMissing, UserError
from rag_core.generate.generator import Generator
from rag_core.identity import identity_of
from rag_core.index.records import Identity
from rag_core.model_protocols import PassageReader, TokenCounter
from rag_core.paths import DataDir
from rag_core.read.opening import open_reader
from rag_core.runtime.devices import DeviceKind, devices_for, list_devices
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import Placement
from rag_core.runtime.places import Machine, Places, find_places
from rag_core.runtime.stages import EMBED, GENERATE, RERANK, STAGES, Stage, stage_named
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.settings import Settings
from rag_core.text.language import Language, Languages


class _Placed(Protocol):
    """What every model says of where it runs, at any time."""

    placement: Placement[Any]


Model = TypeVar("Model", bound=_Placed)
Opener = Callable[[Pack, Places], Model]


@dataclass(slots=True)
class PackModels:
    """Models from packs, as the settings choose them, on the devices of this machine."""

    data_dir: DataDir
    settings: Settings
    load_ms: dict[str, float] = field(default_factory=dict)
    _machine: Machine = field(init=False)
    _models: dict[str, _Placed] = field(default_factory=dict)
    _without: dict[str, str] = field(default_factory=dict)  # optional stages that have no model, and why
    _token_counter: TokenCounter | None = None
    _packs: dict[str, Pack] = field(default_factory=dict)
    _places: dict[str, Places] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._machine = Machine.of(self.data_dir)

    @property
    def providers(self) -> dict[str, str]:
        return {stage: model.placement.device.provider for stage, model in self._opened()}

    @property
    def reasons(self) -> dict[str, str]:
        reasons = {stage: model.placement.reason for stage, model in self._opened() if model.placement.reason}
        return reasons | self._without

    @property
    def precisions(self) -> dict[str, str]:
        return {stage: model.placement.precision for stage, model in self._opened()}

    @property
    def failed(self) -> frozenset[str]:
        wanted = self.settings.execution_provider
        if wanted.lower() == "cpu":
            return frozenset()
        devices = devices_for(wanted, list_devices())
        moved = {stage for stage, model in self._opened() if model.placement.has_moved}
        return frozenset(
            stage.name
            for stage in STAGES
            if stage.name in moved or any(self._machine.blocked(device, stage.name) for device in devices)
        )

    def kind_of(self, stage: str) -> DeviceKind:
        if (model := self._models.get(stage)) is not None:
            return model.placement.device.kind
        try:
            return self._places_of(stage_named(stage)).found[0].device.kind
        except UserError:  # whoever opens the model is told
            return "cpu"

    def _opened(self) -> Iterator[tuple[str, _Placed]]:
        """They are asked, not remembered: a device can fail in the middle of a text."""
        return ((stage.name, self._models[stage.name]) for stage in STAGES if stage.name in self._models)

    def _places_of(self, stage: Stage) -> Places:
        """Where the stage can run. Raises what `pack_of` and `find_places` do."""
        if stage.name not in self._places:
            chosen, pack = self.settings, self.pack_of(stage)
            places = find_places(stage.name, pack, chosen.execution_provider, self._machine, chosen.threads)
            self._places[stage.name] = places
        return self._places[stage.name]

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
                opened = open_on(self.pack_of(stage), self._places_of(stage))
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
        from rag_core.generate.opening import open_generator  # runtimes cost start-up time: only when wanted

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
        self._machine.retry()
        self.close()

    def close(self) -> None:
        for model in self._models.values():
            model.placement.close()
        self._token_counter = None
        for kept in (self._models, self._without, self._packs, self._places):
            kept.clear()

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.load_ms[name] = (time.perf_counter() - started) * 1000


def _languages(pack: Pack) -> Languages:
    return Languages.of(pack.manifest.spec)
