"""Models of installed packs: one for each row of the table of stages, whichever rows there are."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rag_core.engine.models import Models, StageModel, open_largest_first
from rag_core.errors import DeviceFailed, PackCorrupt, PackMissing, ProviderUnavailable
from rag_core.messages import NOTHING, Message, literal
from rag_core.paths import DataDir
from rag_core.progress import CancelToken
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN, Inventory
from rag_core.runtime.npu.compiled import COMPILED, context_folder, expected_stamp
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import target_named
from rag_core.runtime.pack import Graph, Manifest, Pack, Role, open_pack, write_manifest
from rag_core.runtime.placement import Placement
from rag_core.runtime.places import Place, Places
from rag_core.settings import Settings
from rag_core.stages import EMBED, GENERATE, READ, STAGES, Stage
from rag_core.text.language import Language
from tests.runtime.fakes import PROCESSOR, device

ENGLISH = Language("en")
ELITE = target_named("snapdragon-x-elite")
LAPTOP = Inventory((device(), PROCESSOR))


@dataclass(eq=False)
class Backend:
    """Doubles numbers, at one place."""

    place: Place
    reason: Message = NOTHING

    @property
    def graphs(self) -> tuple[Graph, ...]:
        return self.place.pack.manifest.graphs

    def doubled(self, numbers: list[int], failing: set[str]) -> Iterator[tuple[list[int], list[int]]]:
        for row, number in enumerate(numbers):
            if row and self.place.device.name in failing:
                raise DeviceFailed("The NPU hung.", "Have the devices tried again.")
            yield [row], [2 * number]


@dataclass(eq=False)
class Doubler:
    """A model that is no encoder, reader or generator; on devices that are `failing` its work breaks off."""

    pack_id: str
    placement: Placement[Any]
    failing: set[str] = field(default_factory=set)

    def double(self, numbers: Sequence[int]) -> list[int]:
        results = [0] * len(numbers)
        for rows, found in self.placement.carried_on(numbers, lambda here, left: here.doubled(left, self.failing)):
            for row, number in zip(rows, found, strict=True):
                results[row] = number
        return results


def doubler(pack: Pack, places: Callable[[], Places]) -> Doubler:
    return Doubler(pack.id, Placement(places, Backend))


def work(model: Doubler) -> list[int]:
    return model.double([1, 2, 3])


UNDONE: list[int] = []
WORD = literal("reading pictures")
TOY = Stage("ocr", "ocr", WORD, doubler, lambda model, _tokens, _cancel: model.double([1]), optional=True)
ROWS: tuple[Stage[Any], ...] = tuple(replace(stage, make=doubler, trial=TOY.trial) for stage in STAGES)


@pytest.fixture(autouse=True)
def laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop with an NPU."""
    for module in ("engine.models", "runtime.places"):
        monkeypatch.setattr(f"rag_core.{module}.list_devices", lambda look_for_npu=True: LAPTOP)
    monkeypatch.setattr("rag_core.runtime.npu.compiled.qairt_version", lambda: "2.51.0")


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    data_dir = DataDir(tmp_path)
    write_pack(data_dir.packs / "embedder", "embedder", CPU)
    return data_dir


def write_pack(root: Path, role: Role, provider: str, **spec: object) -> Pack:
    root.mkdir(parents=True)
    (root / "model.onnx").write_bytes(b"graph")
    graphs = (Graph("model", "model.onnx", "fp16", (provider,)),)
    write_manifest(root, Manifest(role, role, role.title(), "Apache-2.0", "1", (), graphs, spec))
    return open_pack(root)


def prepare(data_dir: DataDir, source: Pack) -> None:
    stamp = asdict(expected_stamp(source, ELITE, RECIPE))
    folder = context_folder(data_dir.contexts, source.id, ELITE)
    write_pack(folder, source.manifest.role, QNN, **{COMPILED: stamp})


def models_of(data_dir: DataDir, **settings: str) -> Models:
    return Models(data_dir, Settings(**settings), ROWS)  # type: ignore[arg-type]  # names of packs and of a device


def opened(models: Models) -> list[str]:
    return [on.stage.name for on in models if on.is_open]


def test_a_stage_that_did_not_exist_is_one_new_row(data_dir: DataDir) -> None:
    """Found by its role, opened when it is needed, placed, carried on, closed and opened again like every stage."""
    pack = write_pack(data_dir.packs / "pictures", "ocr", CPU, languages=["en"])
    prepare(data_dir, pack)
    models = Models(data_dir, Settings(), (*ROWS, TOY))
    reading = models[TOY]
    assert (reading.kind, reading.is_open, reading.bytes, opened(models)) == ("npu", False, 0, [])
    assert reading.knows(ENGLISH) and not reading.knows(Language("ja"))

    assert reading.model.double([1, 2, 3]) == [2, 4, 6]
    assert (reading.provider, reading.precision, reading.bytes) == (QNN, "fp16", len(b"graph"))
    assert reading.device == device() and not reading.reason and not reading.has_failed
    assert models.providers == {"ocr": QNN} and models.load_ms["load_ocr"] >= 0

    reading.close()
    assert (reading.is_open, reading.bytes, models.providers) == (False, 0, {"ocr": QNN})
    reading.model.failing = {device().name}
    assert reading.attempt(work, UNDONE) == [2, 4, 6], "what the NPU left is done by the processor"
    assert (reading.device, reading.bytes, reading.has_failed) == (PROCESSOR, len(b"graph"), True)
    assert str(models.reasons["ocr"]) == "The NPU hung. Now the processor (CPU) is used."
    assert Breaker(data_dir.device_file).blocked(QNN, "ocr")

    reading.model.failing = {PROCESSOR.name}
    held = weakref.ref(reading.model.placement.opened())
    assert reading.attempt(work, UNDONE) == UNDONE, "without its last place, questions are answered without it"
    assert held() is None, "nor does its failure keep anything of it"
    assert (reading.or_none(), reading.provider) == (None, "") and str(reading.reason).startswith("The NPU hung.")
    models.retry_devices()
    reading.try_out(100, CancelToken())
    assert (reading.provider, opened(models)) == (QNN, ["ocr"])


def test_a_model_that_goes_on_elsewhere_shows_it_at_once(data_dir: DataDir) -> None:
    prepare(data_dir, open_pack(data_dir.packs / "embedder"))
    models = models_of(data_dir)
    assert (models.providers, models[EMBED].kind) == ({}, "npu")
    placement = models[EMBED].model.placement
    assert (models.providers, models[EMBED].precision) == ({"embed": QNN}, "fp16")
    placement.move_on(placement.opened(), DeviceFailed("It hung."))
    assert models.providers == {"embed": CPU}
    assert {stage: str(reason) for stage, reason in models.reasons.items()} == {
        "embed": "It hung. Now the processor (CPU) is used."
    }
    assert models[EMBED].kind == "cpu"
    models.close()
    assert models.providers == {}


def test_the_kind_of_device_is_known_before_a_model_is_opened(data_dir: DataDir) -> None:
    prepare(data_dir, write_pack(data_dir.packs / "llm", "llm", CPU))
    models = models_of(data_dir)
    assert (models[EMBED].kind, models[GENERATE].kind) == ("cpu", "npu")
    assert models_of(data_dir, execution_provider="cpu")[GENERATE].kind == "cpu"
    assert opened(models) == []


def test_what_needs_no_graphs_opens_none_and_asks_for_no_device(data_dir: DataDir) -> None:
    models = models_of(data_dir, execution_provider="npu")
    assert models[EMBED].unopened.pack_id == "embedder"
    assert (models.providers, models[EMBED].has_failed, opened(models)) == ({}, False, [])
    with pytest.raises(ProviderUnavailable, match="cannot run on “npu”"):
        models[EMBED].model  # noqa: B018 - opening it is the test


def test_the_language_model_goes_in_first_where_one_npu_holds_both(data_dir: DataDir) -> None:
    llm = write_pack(data_dir.packs / "llm", "llm", CPU)
    models = models_of(data_dir)
    open_largest_first(models)
    assert opened(models) == [], "on the processor a question does not wait for it"
    for pack in (llm, open_pack(data_dir.packs / "embedder")):
        prepare(data_dir, pack)
    models = models_of(data_dir)
    open_largest_first(models)
    assert opened(models) == ["generate"]
    prepare(data_dir, write_pack(data_dir.packs / "reader", "reader", CPU))
    Breaker(data_dir.device_file).failed(QNN, "embed", literal("It hung."))
    models = models_of(data_dir)
    open_largest_first(models)
    assert opened(models) == ["generate"], "the reader needs room there, too"


def test_a_device_that_failed_is_left_alone_until_it_is_tried_again(data_dir: DataDir) -> None:
    prepare(data_dir, open_pack(data_dir.packs / "embedder"))
    Breaker(data_dir.device_file).failed(QNN, "embed", literal("It hung."))
    models = models_of(data_dir)
    assert [on.stage for on in models if on.has_failed] == [EMBED] and models[EMBED].kind == "cpu"
    assert not models_of(data_dir, execution_provider="cpu")[EMBED].has_failed
    models.retry_devices()
    assert (models[EMBED].has_failed, models[EMBED].kind) == (False, "npu")


def test_everything_works_without_a_reader_and_says_where_one_is_to_be_had(data_dir: DataDir) -> None:
    models = models_of(data_dir)
    reading: StageModel[Any] = models[READ]
    assert not reading.knows(ENGLISH) and reading.or_none() is None and models[READ].is_missing
    assert models[EMBED].model and reading.kind == "cpu" and not reading.has_failed
    assert (models.providers, models.reasons["rerank"]) == ({"embed": CPU}, READ.without)
    write_pack(data_dir.packs / "reader", "reader", CPU)
    assert reading.or_none() is None, "nothing changes in the middle of work"
    models.close()
    assert reading.knows(ENGLISH) and reading.or_none() is not None and not reading.is_missing
    assert models.providers == {"rerank": CPU}


def test_a_reader_that_cannot_be_opened_is_a_reason_and_no_failure(data_dir: DataDir) -> None:
    write_pack(data_dir.packs / "reader", "reader", CPU)
    tries = []

    def damaged(pack: Pack, _places: Callable[[], Places]) -> Doubler:
        tries.append(pack)
        raise PackCorrupt("The file “int8.onnx” is damaged.", "Prepare the models again.")

    broken: Stage[Any] = replace(READ, make=damaged)  # type: ignore[arg-type]  # it makes none at all
    models = Models(data_dir, Settings(), (ROWS[0], broken, ROWS[2]))
    reading = models[READ]
    assert reading.knows(ENGLISH), "so far nobody knows"
    assert reading.or_none() is None and reading.or_none() is None and len(tries) == 1
    assert not reading.knows(ENGLISH) and not reading.is_missing
    assert {stage: str(reason) for stage, reason in models.reasons.items()} == {
        "rerank": "The file “int8.onnx” is damaged. Prepare the models again."
    }
    with pytest.raises(PackCorrupt):
        reading.try_out(100, CancelToken())
    (data_dir.packs / "reader" / "manifest.json").write_text("{")
    models.close()
    assert reading.or_none() is None and "manifest" in str(reading.reason) and models[EMBED].model


def test_a_stage_that_is_needed_raises_what_it_lacks(data_dir: DataDir) -> None:
    writing: StageModel[Any] = models_of(data_dir)[GENERATE]
    for use in (lambda: writing.model, writing.or_none, lambda: writing.knows(ENGLISH), lambda: writing.pack):
        with pytest.raises(PackMissing):
            use()
    assert writing.is_missing and not writing.reason
    write_pack(data_dir.packs / "llm", "llm", CPU)
    assert writing.attempt(work, UNDONE) == [2, 4, 6]
    writing.model.failing = {PROCESSOR.name}
    with pytest.raises(DeviceFailed):
        writing.attempt(work, UNDONE)


def test_the_settings_choose_among_packs_which_say_what_languages_they_know(data_dir: DataDir) -> None:
    write_pack(data_dir.packs / "reader", "reader", CPU, languages=["en"])
    multilingual = write_pack(data_dir.packs / "second", "reader", CPU, languages=["en", "ja"])
    write_manifest(multilingual.root, replace(multilingual.manifest, id="second"))
    assert not models_of(data_dir)[READ].knows(Language("ja"))
    assert models_of(data_dir, reader="second")[READ].knows(Language("ja"))


def test_closing_gives_the_memory_of_every_model_back(data_dir: DataDir) -> None:
    write_pack(data_dir.packs / "reader", "reader", CPU)
    write_pack(data_dir.packs / "llm", "llm", CPU)
    models = models_of(data_dir)
    held = [weakref.ref(models[stage].model.placement.opened()) for stage in STAGES]
    assert all(ref() is not None for ref in held) and all(on.bytes for on in models)
    for on in models:
        on.close()
    assert [ref() for ref in held] == [None, None, None] and opened(models) == []
    made = [weakref.ref(models[stage].model) for stage in STAGES]
    models.close()
    gc.collect()
    assert [ref() for ref in made] == [None, None, None]
    assert all(models[stage].model for stage in STAGES), "the next use opens them again"


def test_another_try_is_offered_where_a_model_had_to_leave_its_best_place(data_dir: DataDir) -> None:
    prepare(data_dir, open_pack(data_dir.packs / "embedder"))
    models = models_of(data_dir)
    placement = models[EMBED].model.placement
    assert not models[EMBED].has_failed
    placement.move_on(placement.opened(), ProviderUnavailable("It refused."))  # so nothing is remembered
    assert models[EMBED].has_failed
    models.retry_devices()
    assert not models[EMBED].has_failed


def test_nothing_is_wrong_with_a_machine_without_models(tmp_path: Path) -> None:
    models = Models(DataDir(tmp_path / "empty"), Settings(execution_provider="npu"))
    assert [(on.kind, on.has_failed, str(on.reason), on.provider) for on in models] == [("cpu", False, "", "")] * 3


def test_a_demand_for_the_npu_says_why_it_cannot_be_met(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pack(data_dir.packs / "llm", "llm", CPU)
    monkeypatch.setattr("rag_core.runtime.places.list_devices", lambda look_for_npu=True: Inventory((PROCESSOR,)))
    with pytest.raises(ProviderUnavailable, match="cannot run on “npu”"):
        models_of(data_dir, execution_provider="npu")[GENERATE].model  # noqa: B018 - opening it is the test
