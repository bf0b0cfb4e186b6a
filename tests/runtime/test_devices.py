"""The table of devices, of this machine and of ones that are pretended; which words choose which."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rag_core.errors import ProviderUnavailable, UserError
from rag_core.runtime.devices import Inventory, devices_for, list_devices, real_cores
from rag_core.runtime.options import provider_options, run_options
from rag_core.runtime.plugins import CPU, QNN, Plugin, register
from tests.runtime.fakes import NPU_NAME, PROCESSOR, device, ep_device, pretend_devices

VINO, DML = "OpenVINOExecutionProvider", "DmlExecutionProvider"
SNAPDRAGON, EMULATED = device(), device(name="the emulated Snapdragon NPU", emulated=True)
GPU, VINO_CPU = device(DML, "gpu", "Radeon"), device(VINO, "cpu", "Intel")


def plugin(module: str, package: str = "no-such-package") -> Plugin:
    return Plugin(QNN, module, package, "The NPU's runtime", ((2, 7), (2, 8)), expected=True)


def write_plugin(folder: Path, patch: pytest.MonkeyPatch, code: str, name: str, version: str = "2.7.0") -> Plugin:
    """A package that is installed in `folder`."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    facts = folder / f"{name}-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    patch.syspath_prepend(folder)
    patch.delitem(sys.modules, name, raising=False)
    return plugin(name, name)


def test_the_processor_of_this_machine_is_listed() -> None:
    assert list_devices(look_for_npu=False).first(CPU) is not None
    assert real_cores() >= 1


def test_providers_that_nobody_here_knows_are_listed_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_devices(
        monkeypatch,
        ep_device(CPU, "CPU"),
        ep_device(DML, "GPU", "AMD Radeon"),
        ep_device("CoreMLExecutionProvider", "NPU"),
        ep_device("NewExecutionProvider", "FPGA"),
    )
    found = {entry.provider: (entry.kind, entry.name) for entry in list_devices().devices}
    assert found == {
        CPU: ("cpu", "the processor (CPU)"),
        DML: ("gpu", "AMD Radeon"),
        "CoreMLExecutionProvider": ("npu", "CoreML"),
        "NewExecutionProvider": ("unknown", "New"),
    }


def test_on_a_chip_its_provider_is_the_npu_and_not_also_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    handles = [ep_device(CPU, "CPU"), ep_device(QNN, "CPU"), ep_device(QNN, "GPU"), ep_device(QNN, "NPU", NPU_NAME)]
    pretend_devices(monkeypatch, *handles)
    inventory = list_devices()
    assert [(entry.provider, entry.kind, entry.emulated) for entry in inventory.devices] == [
        (QNN, "npu", False),
        (QNN, "gpu", False),
        (CPU, "cpu", False),
    ]
    assert inventory.npu is not None and inventory.npu.name == NPU_NAME


def test_an_arm_processor_does_not_emulate(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"), ep_device(QNN, "CPU"))
    assert [entry.emulated for entry in list_devices().devices] == [False, True]
    monkeypatch.setattr("platform.machine", lambda: "ARM64")
    assert list_devices().npu is None


def test_x64_programs_on_arm_are_told_why_they_see_no_npu(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"))
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("platform.machine", lambda: "AMD64")
    monkeypatch.setenv("PROCESSOR_IDENTIFIER", "ARMv8 (64-bit) Family 8 Model 1 Revision 201, Qualcomm")
    assert "only Alcove for Arm64 can reach the NPU" in str(list_devices().notes[-1])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("auto", (SNAPDRAGON, GPU, PROCESSOR)),
        ("cpu", (PROCESSOR,)),
        ("NPU", (SNAPDRAGON, EMULATED)),
        ("gpu", (GPU,)),
        ("qnn", (SNAPDRAGON, EMULATED)),
        ("dml", (GPU,)),
        (VINO, (VINO_CPU,)),
        ("CUDAExecutionProvider", ()),
    ],
)
def test_words_choose_devices(word: str, expected: tuple[object, ...]) -> None:
    assert devices_for(word, Inventory((SNAPDRAGON, GPU, EMULATED, VINO_CPU, PROCESSOR))) == expected


def test_a_word_that_means_nothing_names_those_that_do() -> None:
    with pytest.raises(UserError, match="auto, cpu, npu, gpu"):
        devices_for("gpuu", Inventory((PROCESSOR,)))


def test_an_absent_plugin_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"))
    assert tuple(map(str, list_devices().notes)) == ("The NPU's runtime (onnxruntime-qnn) is not installed.",)


def test_a_plugin_that_cannot_be_imported_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = write_plugin(tmp_path, monkeypatch, "raise OSError('libcdsprpc is not there')", "broken_plugin")
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"), plugins=(broken,))
    assert tuple(map(str, list_devices().notes)) == (
        "The NPU's runtime (broken_plugin 2.7.0) does not load: libcdsprpc is not there.",
    )


def test_a_driver_that_does_not_register_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"def get_library_path(): return {str(tmp_path / 'not-there.so')!r}"
    absent = write_plugin(tmp_path, monkeypatch, code, "driverless_plugin", "2.7.3")
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"), plugins=(absent,))
    (note,) = list_devices().notes
    assert str(note).startswith("The NPU's runtime (driverless_plugin 2.7.3) does not load: ")


@pytest.mark.parametrize(("version", "told"), [("2.7.9", False), ("2.6.1", True), ("2.8.0", True), ("10.0", True)])
def test_a_plugin_of_another_version_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, told: bool
) -> None:
    other = write_plugin(tmp_path, monkeypatch, "", "other_plugin", version)
    monkeypatch.setattr("onnxruntime.get_ep_devices", lambda: [ep_device(QNN, "NPU")])
    expected = f"The NPU's runtime (other_plugin) is version {version}; Alcove is made for 2.7." if told else ""
    assert str(register(other)) == expected


def test_a_plugin_that_finds_nothing_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = write_plugin(tmp_path, monkeypatch, "def get_library_path(): return ''", "silent_plugin")
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"), plugins=(silent,))
    monkeypatch.setattr("onnxruntime.register_execution_provider_library", lambda name, path: None)
    assert tuple(map(str, list_devices().notes)) == (
        "The NPU's runtime (silent_plugin) is installed, but it found no device.",
    )


def test_what_is_not_there_cannot_be_loaded() -> None:
    with pytest.raises(ProviderUnavailable, match="does not load"):
        plugin("onnxruntime_that_is_not_there").loaded()


def test_only_the_npu_has_a_choice_of_power() -> None:
    assert run_options(CPU, "burst") == {} == run_options(DML, "efficient")
    assert run_options(QNN, "burst")["qnn.htp_perf_mode"] == "burst"
    assert run_options(QNN, "efficient")["qnn.htp_perf_mode"] == "balanced"
    assert provider_options(GPU) == {}
