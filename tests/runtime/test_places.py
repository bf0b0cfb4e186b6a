"""Where a stage runs, and what the person is told of why not elsewhere, on machines that are pretended."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rag_core.errors import ProviderUnavailable, UserError
from rag_core.messages import literal
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import Inventory
from rag_core.runtime.npu.compiled import (
    COMPILED,
    ContextStamp,
    context_folder,
    expected_stamp,
    find_contexts,
)
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR, Target, target_named
from rag_core.runtime.pack import Graph, Manifest, Pack, open_pack, write_manifest
from rag_core.runtime.places import KnownMachine, Places, find_places
from rag_core.runtime.plugins import CPU, QNN
from tests.runtime.fakes import PROCESSOR, device

ELITE = target_named("snapdragon-x-elite")
STAGE, DML = "generate", "DmlExecutionProvider"
LAPTOP = Inventory((device(), PROCESSOR))
EMULATING = Inventory((PROCESSOR, device(name="the emulated Snapdragon NPU", emulated=True)))
PLAIN = Inventory((PROCESSOR,), (literal("The NPU's runtime (onnxruntime-qnn) is not installed."),))


@pytest.fixture(autouse=True)
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag_core.runtime.npu.targets.processor_name", lambda: "Intel(R) Core(TM)")
    monkeypatch.setattr("rag_core.runtime.places.processor_name", lambda: "Intel(R) Core(TM)")
    monkeypatch.setattr("rag_core.runtime.npu.compiled.qairt_version", lambda: "2.51.0")


@pytest.fixture
def known(tmp_path: Path) -> KnownMachine:
    return KnownMachine(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))


def write_pack(root: Path, *providers: str, spec: dict[str, object] | None = None) -> Pack:
    root.mkdir(parents=True, exist_ok=True)
    (root / "model.onnx").write_bytes(b"graph")
    graphs = (Graph("model", "model.onnx", "fp16", providers),)
    write_manifest(root, Manifest("tiny", "llm", "Tiny", "Apache-2.0", "1", (), graphs, spec or {}))
    return open_pack(root)


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return write_pack(tmp_path / "tiny", CPU)


def prepare(pack: Pack, known: KnownMachine, target: Target, /, **other: str) -> Pack:
    stamp = replace(expected_stamp(pack, target, RECIPE), **other)
    assert known.contexts_dir is not None
    return write_pack(context_folder(known.contexts_dir, pack.id, target), QNN, spec={COMPILED: asdict(stamp)})


def providers(choice: Places) -> list[str]:
    return [place.device.provider for place in choice.found]


def test_a_prepared_npu_comes_before_the_processor(pack: Pack, known: KnownMachine) -> None:
    prepared = prepare(pack, known, ELITE)
    npu, processor = find_places(STAGE, pack, "auto", known, inventory=LAPTOP).found
    assert (npu.device, npu.target, npu.pack.sha256) == (LAPTOP.npu, ELITE, prepared.sha256)
    assert (processor.device, processor.target, processor.pack) == (PROCESSOR, None, pack)
    assert not find_places(STAGE, pack, "auto", known, inventory=LAPTOP).reason


def test_what_is_not_prepared_is_told_and_runs_on_the_processor(pack: Pack, known: KnownMachine) -> None:
    choice = find_places(STAGE, pack, "auto", known, inventory=LAPTOP)
    assert providers(choice) == [CPU]
    assert str(choice.reason) == "“Tiny” has not been prepared for Snapdragon X Elite yet."


def test_a_machine_without_npu_is_denied_nothing(pack: Pack, known: KnownMachine) -> None:
    for machine in (PLAIN, EMULATING):
        choice = find_places(STAGE, pack, "auto", known, inventory=machine)
        assert (providers(choice), str(choice.reason)) == ([CPU], "")


def test_a_snapdragon_whose_npu_cannot_be_reached_is_told(
    pack: Pack, known: KnownMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_core.runtime.places.processor_name", lambda: "Snapdragon(R) X Elite - X1E80100")
    choice = find_places(STAGE, pack, "auto", known, inventory=PLAIN)
    assert (providers(choice), str(choice.reason)) == ([CPU], str(PLAIN.notes[0]))


def test_an_unknown_chip_is_told(pack: Pack, known: KnownMachine) -> None:
    machine = Inventory((device(name="NPU"), PROCESSOR))
    choice = find_places(STAGE, pack, "auto", known, inventory=machine)
    assert providers(choice) == [CPU] and "not one that models are prepared for" in str(choice.reason)


def test_a_demand_gets_the_emulator_and_nothing_else(pack: Pack, known: KnownMachine) -> None:
    prepare(pack, known, EMULATOR)
    (place,) = find_places(STAGE, pack, "npu", known, inventory=EMULATING).found
    assert (place.device.emulated, place.target) == (True, EMULATOR)


@pytest.mark.parametrize(
    ("preference", "machine", "reason"),
    [
        ("npu", PLAIN, "is not installed"),
        ("npu", LAPTOP, "has not been prepared for Snapdragon X Elite"),
        ("qnn", EMULATING, "has not been prepared for Snapdragon X Elite, emulated"),
        ("gpu", PLAIN, "no GPU"),
        ("gpu", Inventory((device(DML, "gpu", "Radeon"), PROCESSOR)), "has no graph for Radeon"),
        ("CUDAExecutionProvider", Inventory((PROCESSOR,)), "no device for “CUDAExecutionProvider”"),
    ],
)
def test_a_demand_that_cannot_be_met_says_why(
    pack: Pack, known: KnownMachine, preference: str, machine: Inventory, reason: str
) -> None:
    with pytest.raises(ProviderUnavailable, match=reason):
        find_places(STAGE, pack, preference, known, inventory=machine)
    with pytest.raises(UserError, match="Choose one of"):
        find_places(STAGE, pack, "gpuu", known, inventory=machine)


def test_what_failed_before_is_left_alone_until_another_try(pack: Pack, known: KnownMachine) -> None:
    prepare(pack, known, ELITE)
    known.failed(device(), STAGE, literal("The Snapdragon NPU hung."))
    choice = find_places(STAGE, pack, "auto", known, inventory=LAPTOP)
    assert (providers(choice), str(choice.reason)) == ([CPU], "It failed before: The Snapdragon NPU hung.")
    assert providers(find_places("embed", pack, "auto", known, inventory=LAPTOP)) == [QNN, CPU]
    with pytest.raises(ProviderUnavailable, match="hung"):
        find_places(STAGE, pack, "npu", known, inventory=LAPTOP)
    known.retry()
    assert providers(find_places(STAGE, pack, "auto", known, inventory=LAPTOP)) == [QNN, CPU]


def test_one_device_of_a_provider_that_failed_leaves_its_others(tmp_path: Path, known: KnownMachine) -> None:
    """OpenVINO has the NPU, the GPU and the processor under one name."""
    vino = "OpenVINOExecutionProvider"
    pack = write_pack(tmp_path / "vino", vino, CPU)
    npu, gpu = device(vino, "npu", "Intel NPU"), device(vino, "gpu", "Intel GPU")
    known.failed(npu, STAGE, literal("It hung."))
    found = find_places(STAGE, pack, "auto", known, inventory=Inventory((npu, gpu, PROCESSOR))).found
    assert [place.device for place in found] == [gpu, PROCESSOR]


def test_a_pack_with_graphs_for_another_provider_runs_there(tmp_path: Path, known: KnownMachine) -> None:
    pack = write_pack(tmp_path / "dml", DML, CPU)
    machine = Inventory((device(DML, "gpu", "Radeon"), PROCESSOR))
    choice = find_places(STAGE, pack, "auto", known, inventory=machine)
    assert (providers(choice), str(choice.reason)) == ([DML, CPU], "")
    assert providers(find_places(STAGE, pack, "cpu", known, inventory=machine)) == [CPU]


def test_a_pack_made_for_the_npu_alone_runs_on_a_real_one_as_it_is(tmp_path: Path, known: KnownMachine) -> None:
    pack = write_pack(tmp_path / "pipeline", QNN)
    for preference in ("auto", "npu"):
        choice = find_places(STAGE, pack, preference, known, inventory=LAPTOP)
        (place,) = choice.found
        assert (place.device, place.pack, place.target, str(choice.reason)) == (LAPTOP.npu, pack, None, "")
    with pytest.raises(ProviderUnavailable, match=r"cannot run on “cpu”.* no graph for the processor"):
        find_places(STAGE, pack, "cpu", known, inventory=LAPTOP)
    known.failed(device(), STAGE, literal("The Snapdragon NPU hung."))
    with pytest.raises(ProviderUnavailable, match=r"It failed before: The Snapdragon NPU hung\."):
        find_places(STAGE, pack, "auto", known, inventory=LAPTOP)


@pytest.mark.parametrize(
    ("preference", "machine", "reason"),
    [
        ("auto", PLAIN, r"cannot run on this machine\..* no graph for the processor.*is not installed"),
        ("auto", EMULATING, r"cannot run on this machine\..* no graph for the processor"),
        ("npu", EMULATING, r"cannot run on “npu”\. .* made for a real NPU; this one is only emulated"),
    ],
)
def test_elsewhere_it_has_no_place(
    tmp_path: Path, known: KnownMachine, preference: str, machine: Inventory, reason: str
) -> None:
    """Least of all on the processor, which has no graph of it."""
    with pytest.raises(ProviderUnavailable, match=reason) as refusal:
        find_places(STAGE, write_pack(tmp_path / "pipeline", QNN), preference, known, inventory=machine)
    assert str(refusal.value.advice) == "Choose another model."


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"source": "0"}, "another build of the model"),
        ({"soc_model": "88", "htp_arch": "81", "target": "snapdragon-x2-elite"}, "another chip (snapdragon-x2-elite)"),
        ({"recipe": "0"}, "an older version of Alcove"),
        ({"qairt": "v2.52.0.270101000000"}, "a newer NPU runtime (QAIRT v2.52.0.270101000000; here is 2.51.0)"),
    ],
)
def test_contexts_that_were_made_for_something_else_are_not_used(
    pack: Pack, known: KnownMachine, other: dict[str, str], reason: str
) -> None:
    prepare(pack, known, ELITE, **other)
    found = find_contexts(known.contexts_dir, pack, ELITE, expected_stamp(pack, ELITE, RECIPE))
    assert (found.pack, found.stale, str(found.reason)) == (None, True, f"“Tiny” was prepared for {reason}.")
    choice = find_places(STAGE, pack, "auto", known, inventory=LAPTOP)
    assert (providers(choice), str(choice.reason)) == ([CPU], str(found.reason))


def test_contexts_of_an_older_npu_runtime_are_used(pack: Pack, known: KnownMachine) -> None:
    prepare(pack, known, ELITE, qairt="v2.49.1.260101000000")
    assert providers(find_places(STAGE, pack, "auto", known, inventory=LAPTOP)) == [QNN, CPU]


def test_contexts_without_a_stamp_or_manifest_are_told(pack: Pack, known: KnownMachine) -> None:
    folder = prepare(pack, known, ELITE).root
    write_pack(folder, QNN)
    places = find_places(STAGE, pack, "auto", known, inventory=LAPTOP)
    assert str(places.reason) == "What was prepared of “Tiny” has no stamp."
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    assert "damaged" in str(find_places(STAGE, pack, "auto", known, inventory=LAPTOP).reason)


def test_a_stamp_names_all_that_contexts_depend_on(pack: Pack) -> None:
    stamp = expected_stamp(pack, ELITE, "7")
    assert replace(stamp, plugin="") == ContextStamp(pack.sha256, ELITE.id, "60", "73", "2.51.0", "", "7")
