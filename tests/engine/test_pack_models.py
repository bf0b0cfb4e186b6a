"""Models of installed packs: where they run is asked of them, and a device that failed is tried again when asked."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rag_core.engine.models import NOT_INSTALLED, has_no_reader, open_largest_first
from rag_core.engine.optional_reader import OptionalReader
from rag_core.engine.pack_models import PackModels
from rag_core.errors import DeviceFailed, PackCorrupt, ProviderUnavailable
from rag_core.paths import DataDir
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN, Inventory
from rag_core.runtime.npu.compiled import COMPILED, context_folder, described, expected_stamp
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import target_named
from rag_core.runtime.pack import Graph, Manifest, Pack, Role, open_pack, write_manifest
from rag_core.runtime.placement import Placement
from rag_core.runtime.places import Places
from rag_core.settings import Settings
from rag_core.text.language import Language
from rag_core.types import Reading
from tests.runtime.fakes import PROCESSOR, device

ENGLISH = Language("en")

ELITE = target_named("snapdragon-x-elite")
LAPTOP = Inventory((device(), PROCESSOR))


@dataclass
class Model:
    """What `open_encoder`, `open_reader` and `open_generator` give, as far as it matters here."""

    placement: Placement[Any]
    pack_id: str = "fake"

    def read(self, question: str, texts: Sequence[tuple[str, str]], cancel: object = None) -> list[Reading | None]:
        raise DeviceFailed("The NPU hung.", "Have the devices tried again.")

    def support(self, pairs: Sequence[tuple[str, str]], cancel: object = None) -> list[float]:
        raise DeviceFailed("The NPU hung.", "Have the devices tried again.")


class Backend:
    graphs, reason = (Graph("model", "model.onnx", "fp16", ()),), ""


def model(_: Pack, places: Places) -> Model:
    made = Model(Placement(places, lambda _: Backend()))
    made.placement.opened()
    return made


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """On a laptop with an NPU, models that open where they are asked to first. The stages in the order of opening."""
    stages: list[str] = []

    def opener(stage: str) -> Callable[[Pack, Places], Model]:
        def open_there(pack: Pack, places: Places) -> Model:
            stages.append(stage)
            return model(pack, places)

        return open_there

    monkeypatch.setattr("rag_core.engine.pack_models.open_encoder", opener("embed"))
    monkeypatch.setattr("rag_core.engine.pack_models.open_reader", opener("rerank"))
    monkeypatch.setattr("rag_core.generate.opening.open_generator", opener("generate"))
    for module in ("engine.pack_models", "runtime.places"):
        monkeypatch.setattr(f"rag_core.{module}.list_devices", lambda look_for_npu=True: LAPTOP)
    monkeypatch.setattr("rag_core.runtime.npu.compiled.qairt_version", lambda: "2.51.0")
    return stages


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    """With both models installed; the language model is prepared for the NPU, the embedder is not."""
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
    stamp = described(expected_stamp(source, ELITE, RECIPE))
    folder = context_folder(data_dir.contexts, source.id, ELITE)
    write_pack(folder, source.manifest.role, QNN, **{COMPILED: stamp})


def test_a_model_that_goes_on_elsewhere_shows_it_at_once(opened: list[str], data_dir: DataDir) -> None:
    prepare(data_dir, open_pack(data_dir.packs / "embedder"))
    models = PackModels(data_dir, Settings())
    assert (models.providers, models.kind_of("embed")) == ({}, "npu")
    encoder = models.encoder
    assert (models.providers, models.precisions) == ({"embed": QNN}, {"embed": "fp16"})
    encoder.placement.move_on(encoder.placement.opened(), DeviceFailed("It hung."))
    told = "It hung. Now the processor (CPU) is used."
    assert (models.providers, models.reasons) == ({"embed": CPU}, {"embed": told})
    assert models.kind_of("embed") == "cpu"
    models.close()
    assert models.providers == {}


def test_the_kind_of_device_is_known_before_a_model_is_opened(opened: list[str], data_dir: DataDir) -> None:
    prepare(data_dir, write_pack(data_dir.packs / "llm", "llm", CPU))
    models = PackModels(data_dir, Settings())
    assert (models.kind_of("embed"), models.kind_of("generate")) == ("cpu", "npu")
    assert PackModels(data_dir, Settings(execution_provider="cpu")).kind_of("generate") == "cpu"
    assert opened == []


def test_the_language_model_goes_in_first_where_one_npu_holds_both(opened: list[str], data_dir: DataDir) -> None:
    llm = write_pack(data_dir.packs / "llm", "llm", CPU)
    open_largest_first(PackModels(data_dir, Settings()))
    assert opened == [], "on the processor a question does not wait for it"
    for pack in (llm, open_pack(data_dir.packs / "embedder")):
        prepare(data_dir, pack)
    open_largest_first(PackModels(data_dir, Settings()))
    assert opened == ["generate"]
    prepare(data_dir, write_pack(data_dir.packs / "reader", "reader", CPU))
    Breaker(data_dir.device_file).failed(QNN, "embed", "It hung.")
    open_largest_first(PackModels(data_dir, Settings()))
    assert opened == ["generate", "generate"], "the reader needs room there, too"


def test_a_device_that_failed_is_left_alone_until_it_is_tried_again(opened: list[str], data_dir: DataDir) -> None:
    prepare(data_dir, open_pack(data_dir.packs / "embedder"))
    Breaker(data_dir.device_file).failed(QNN, "embed", "It hung.")
    models = PackModels(data_dir, Settings())
    assert (models.failed, models.kind_of("embed")) == (frozenset({"embed"}), "cpu")
    assert PackModels(data_dir, Settings(execution_provider="cpu")).failed == frozenset()
    models.retry_devices()
    assert (models.failed, models.kind_of("embed")) == (frozenset(), "npu")


def test_everything_works_without_a_reader_and_says_where_one_is_to_be_had(
    opened: list[str], data_dir: DataDir
) -> None:
    models = PackModels(data_dir, Settings())
    assert not models.reads_closely(ENGLISH) and models.reader is None and has_no_reader(models)
    assert models.encoder and models.kind_of("rerank") == "cpu"
    assert (models.providers, models.reasons["rerank"]) == ({"embed": CPU}, NOT_INSTALLED)
    assert "rerank" not in models.failed
    write_pack(data_dir.packs / "reader", "reader", CPU)
    assert has_no_reader(models), "nothing changes in the middle of work"
    models.close()
    assert models.reads_closely(ENGLISH) and not has_no_reader(models)
    assert models.providers == {"rerank": CPU}


def test_a_reader_that_cannot_be_opened_is_a_reason_and_no_failure(
    opened: list[str], data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack(data_dir.packs / "reader", "reader", CPU)
    tries = []

    def damaged(*_: object) -> Model:
        tries.append(1)
        raise PackCorrupt("The file “int8.onnx” is damaged.", "Prepare the models again.")

    monkeypatch.setattr("rag_core.engine.pack_models.open_reader", damaged)
    models = PackModels(data_dir, Settings())
    assert models.reads_closely(ENGLISH), "so far nobody knows"
    assert models.reader is None and models.reader is None and len(tries) == 1
    assert not models.reads_closely(ENGLISH) and not has_no_reader(models)
    assert models.reasons == {"rerank": "The file “int8.onnx” is damaged. Prepare the models again."}
    (data_dir.packs / "reader" / "manifest.json").write_text("{")
    models.close()
    assert models.reader is None and "manifest" in models.reasons["rerank"] and models.encoder


def test_a_reader_that_fails_at_its_last_place_leaves_texts_unread_and_is_not_asked_again(
    opened: list[str], data_dir: DataDir
) -> None:
    write_pack(data_dir.packs / "reader", "reader", CPU)
    models = PackModels(data_dir, Settings())
    reader = models.reader
    assert reader is not None and reader.read("How long?", [("", "a"), ("", "b")]) == [None, None]
    assert models.reasons["rerank"].startswith("The NPU hung.") and "rerank" not in models.providers
    assert not models.reads_closely(ENGLISH) and not has_no_reader(models)
    models.retry_devices()
    assert models.reads_closely(ENGLISH)


def test_a_reader_that_fails_at_its_last_place_leaves_sentences_unchecked(opened: list[str], data_dir: DataDir) -> None:
    write_pack(data_dir.packs / "reader", "reader", CPU)
    models = PackModels(data_dir, Settings())
    reader = models.reader
    assert reader is not None and list(reader.support([("a", "b"), ("c", "d")])) == [None, None]
    assert models.reasons["rerank"].startswith("The NPU hung.") and models.reader is None


def test_the_readers_pack_says_which_languages_it_knows(opened: list[str], data_dir: DataDir) -> None:
    write_pack(data_dir.packs / "reader", "reader", CPU, languages=["en"])
    multilingual = write_pack(data_dir.packs / "second", "reader", CPU, languages=["en", "ja"])
    write_manifest(multilingual.root, replace(multilingual.manifest, id="second"))
    assert not PackModels(data_dir, Settings()).reads_closely(Language("ja"))
    assert PackModels(data_dir, Settings(reader="second")).reads_closely(Language("ja"))
    assert opened == []


def test_the_reader_is_a_stage_like_the_others(opened: list[str], data_dir: DataDir) -> None:
    prepare(data_dir, write_pack(data_dir.packs / "reader", "reader", CPU))
    models = PackModels(data_dir, Settings())
    assert (models.kind_of("rerank"), opened) == ("npu", [])
    assert models.reader is not None and models.load_ms["load_reader"] >= 0
    assert models.precisions == {"rerank": "fp16"}
    Breaker(data_dir.device_file).failed(QNN, "rerank", "It hung.")
    models = PackModels(data_dir, Settings())
    assert (models.failed, models.kind_of("rerank")) == (frozenset({"rerank"}), "cpu")
    models.retry_devices()
    assert (models.failed, models.kind_of("rerank")) == (frozenset(), "npu")


def test_closing_gives_the_memory_of_every_model_back(opened: list[str], data_dir: DataDir) -> None:
    write_pack(data_dir.packs / "reader", "reader", CPU)
    write_pack(data_dir.packs / "llm", "llm", CPU)
    models = PackModels(data_dir, Settings())
    reader = models.reader
    assert isinstance(reader, OptionalReader)
    held = [weakref.ref(model) for model in (models.encoder, reader.reader, models.generator)]
    del reader
    assert all(ref() is not None for ref in held)
    models.close()
    gc.collect()
    assert [ref() for ref in held] == [None, None, None]
    assert models.encoder and models.reader and models.generator, "the next use opens them again"


def test_another_try_is_offered_where_a_model_had_to_leave_its_best_place(opened: list[str], data_dir: DataDir) -> None:
    prepare(data_dir, open_pack(data_dir.packs / "embedder"))
    models = PackModels(data_dir, Settings())
    assert models.encoder and models.failed == frozenset()
    placement = models.encoder.placement
    placement.move_on(placement.opened(), ProviderUnavailable("It refused."))  # so nothing is remembered
    assert models.failed == {"embed"}
    models.retry_devices()
    assert models.failed == frozenset()


def test_nothing_is_wrong_with_a_machine_without_models(opened: list[str], tmp_path: Path) -> None:
    models = PackModels(DataDir(tmp_path / "empty"), Settings(execution_provider="npu"))
    assert (models.kind_of("embed"), models.kind_of("generate"), models.failed) == ("cpu", "cpu", frozenset())


def test_a_demand_for_the_npu_says_why_it_cannot_be_met(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pack(data_dir.packs / "llm", "llm", CPU)
    monkeypatch.setattr("rag_core.runtime.places.list_devices", lambda look_for_npu=True: Inventory((PROCESSOR,)))
    with pytest.raises(ProviderUnavailable, match="cannot run on “npu”"):
        PackModels(data_dir, Settings(execution_provider="npu")).generator  # noqa: B018 - opening it is the test
