"""The models that the engine works with: one for each stage, opened when it is first needed.

    models[EMBED].model.encode_queries(["How long is the notice period?"])
    models[EMBED].device, models[EMBED].reason, models[EMBED].bytes

Everything that is done for all of them loops over the stages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from rag_core.errors import PackCorrupt, PackMissing, UserError
from rag_core.messages import NOTHING, Message
from rag_core.paths import DataDir
from rag_core.progress import CancelToken
from rag_core.runtime.devices import Device, DeviceKind, devices_for, list_devices
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import FAILURES
from rag_core.runtime.places import KnownMachine, Places, find_places
from rag_core.settings import Settings
from rag_core.stages import GENERATE, STAGES, Model, PlacedModel, Stage
from rag_core.text.language import Language, Languages

Done = TypeVar("Done")


class StageModel(Generic[Model]):
    """The model of one stage: which it is, where it is open, why there. What it says of itself is true now: a model
    that went on elsewhere in the middle of work shows it at once.

    Of an `optional` stage no failure is the end: it is done without from then on, and `reason` says why, until
    `forget`.
    """

    def __init__(
        self,
        stage: Stage[Model],
        data_dir: DataDir,
        settings: Settings,
        machine: KnownMachine,
        load_ms: dict[str, float],
    ) -> None:
        self.stage = stage
        self._data_dir = data_dir
        self._settings = settings
        self._load_ms = load_ms
        self._machine = machine
        self._pack: Pack | None = None
        self._places: Places | None = None
        self._made: Model | None = None
        self._is_used = False
        self._failure: UserError | None = None

    @property
    def pack(self) -> Pack:
        """Looked up once: a manifest is read in a millisecond, and every search asks for it several times.

        Raises PackMissing, PackCorrupt.
        """
        if self._pack is None:
            self._pack = self.stage.pack(self._data_dir.packs, self._settings)
        return self._pack

    @property
    def unopened(self) -> Model:
        """For what needs no graphs, as counting tokens. Raises PackMissing, PackCorrupt."""
        if self._made is None:
            self._made = self.stage.make(self.pack, self._where)
        return self._made

    @property
    def model(self) -> Model:
        """Open. Raises PackMissing, and what else keeps it from being opened."""
        self._raise_failure()
        started = time.perf_counter()
        try:
            made = self.unopened
            was_open = made.placement.is_open
            made.placement.opened()
        except UserError as failure:
            self._do_without(failure)
            raise
        if not was_open:
            self._load_ms[f"load_{self.stage.role}"] = (time.perf_counter() - started) * 1000
        self._is_used = True
        return made

    def or_none(self) -> Model | None:
        """The model, open; None where it can be done without, and has to be."""
        try:
            return self.model
        except UserError:
            if not self.stage.optional:
                raise
            return None

    def attempt(self, work: Callable[[Model], Done], otherwise: Done) -> Done:
        """What `work` makes with the model; `otherwise` where it can be done without, and has to be, or fails at it."""
        model = self.or_none()
        if model is None:
            return otherwise
        try:
            return work(model)
        except FAILURES as failure:
            if not self.stage.optional:
                raise
            self._do_without(failure)
            return otherwise

    def try_out(self, tokens: int, cancel: CancelToken) -> None:
        """Run it once. Raises what it fails with, also where it can be done without."""
        self.attempt(lambda model: self.stage.trial(model, tokens, cancel), None)
        self._raise_failure()

    @property
    def is_missing(self) -> bool:
        """Whether none is installed, rather than one that does not work."""
        try:
            return not self.pack
        except PackMissing:
            return True
        except PackCorrupt:
            return False

    def knows(self, language: Language) -> bool:
        """Whether the model knows a language; nothing is opened. Where one can be done without, and has to be: False.

        Raises PackMissing, PackCorrupt.
        """
        try:
            return self._failure is None and Languages.of(self.pack.manifest.spec).knows(language)
        except (PackMissing, PackCorrupt) as failure:
            if not self.stage.optional:
                raise
            self._do_without(failure)
            return False

    @property
    def is_open(self) -> bool:
        return self._made is not None and self._made.placement.is_open

    @property
    def device(self) -> Device | None:
        """Where it runs, or will; None where it cannot run."""
        if self._made is not None and self._is_used:
            return self._made.placement.device
        with suppress(UserError):  # whoever opens the model is told
            return self._where().found[0].device
        return None

    @property
    def kind(self) -> DeviceKind:
        return device.kind if (device := self.device) is not None else "cpu"

    @property
    def provider(self) -> str:
        """The execution provider that did the work, or does it; empty where it was not needed yet."""
        return self._made.placement.device.provider if self._made is not None and self._is_used else ""

    @property
    def reason(self) -> Message:
        """Why it does not run where it was asked to, or not at all."""
        if isinstance(self._failure, PackMissing) and self.stage.without:
            return self.stage.without
        if self._failure is not None:
            return self._failure.whole
        return self._made.placement.reason if self._made is not None and self._is_used else NOTHING

    @property
    def precision(self) -> str:
        return self._made.placement.precision if self._made is not None and self._is_used else ""

    @property
    def bytes(self) -> int:
        """How large the files are that are open."""
        return self._made.placement.bytes if self._made is not None else 0

    @property
    def has_failed(self) -> bool:
        """Whether its device failed or refused the model, so that it is not used until it is tried again."""
        wanted = self._settings.execution_provider
        if wanted.lower() == "cpu":
            return False
        if self._made is not None and self._is_used and self._made.placement.has_moved:
            return True
        return any(self._machine.blocked(device, self.stage.name) for device in devices_for(wanted, list_devices()))

    def close(self) -> None:
        """Give the memory back. The next use opens it again, where it was."""
        if self._made is not None:
            self._made.placement.close()

    def forget(self) -> None:
        """Give the memory back; at the next use everything is looked for anew."""
        self.close()
        self._pack = self._places = self._made = self._failure = None
        self._is_used = False

    def _where(self) -> Places:
        """Raises what `pack` and `find_places` do."""
        if self._places is None:
            name, chosen = self.stage.name, self._settings
            self._places = find_places(name, self.pack, chosen.execution_provider, self._machine, chosen.threads)
        return self._places

    def _do_without(self, failure: UserError) -> None:
        if self.stage.optional:
            self.close()
            self._made, self._failure = None, _without_trace(failure)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise _without_trace(self._failure)


def _without_trace(failure: UserError) -> UserError:
    """The same: where it came from holds on to all that was open there."""
    return type(failure)(failure.message, failure.advice)


class Models:
    """Models from the installed packs, as the settings choose them, on the devices of this machine.

    `load_ms` has, by name, how long each took to open of those that were opened since it was last cleared.
    """

    def __init__(self, data_dir: DataDir, settings: Settings, stages: Sequence[Stage[Any]] = STAGES) -> None:
        self.load_ms: dict[str, float] = {}
        self._machine = KnownMachine.of(data_dir)
        self._stages = {
            stage.name: StageModel(stage, data_dir, settings, self._machine, self.load_ms) for stage in stages
        }

    def __getitem__(self, stage: Stage[Model]) -> StageModel[Model]:
        return self._stages[stage.name]

    def __iter__(self) -> Iterator[StageModel[PlacedModel]]:
        return iter(self._stages.values())

    @property
    def providers(self) -> dict[str, str]:
        """By stage, of those that did something."""
        return {on.stage.name: on.provider for on in self if on.provider}

    @property
    def reasons(self) -> dict[str, Message]:
        """By stage, of those that do not run where they were asked to, or not at all."""
        return {on.stage.name: on.reason for on in self if on.reason}

    def retry_devices(self) -> None:
        """Forget which devices failed, and open the models anew when they are next used."""
        self._machine.retry()
        self.close()

    def close(self) -> None:
        """Give the memory of all of them back; at the next use everything is looked for anew."""
        for on in self:
            on.forget()


def open_largest_first(models: Models) -> None:
    """Where one NPU is to hold the language model and others, it goes in first, while there is most room.

    Elsewhere nothing is opened: a question that needs the embedder does not wait for the language model.
    """
    on_npu = [on.stage for on in models if on.kind == "npu"]
    if GENERATE in on_npu and len(on_npu) > 1:
        with suppress(UserError):  # who needs it is told then
            models[GENERATE].model  # noqa: B018 - opening it is what is wanted
