"""`alcove doctor` on machines that are pretended: the table of devices, and where each stage will run and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_core.cli import DONE, FAILED, main
from rag_core.errors import ProviderUnavailable
from rag_core.messages import literal
from rag_core.paths import DATA_DIR_VARIABLE
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.pack import Graph, Manifest, Role, write_manifest
from rag_core.runtime.plugins import CPU, QNN
from rag_core.runtime.session import Session
from tests.runtime.fakes import NPU_NAME, ep_device, pretend_devices

RETRY = "alcove doctor --retry-devices"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both packs are there that a question needs; the files of one are enough for what is asked here."""
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path))
    write_pack(tmp_path, "finder", "embedder")
    write_pack(tmp_path, "writer", "llm")
    return tmp_path


def write_pack(data: Path, name: str, role: Role) -> None:
    root = data / "packs" / name
    root.mkdir(parents=True)
    (root / "model.onnx").write_bytes(b"graph")
    graphs = (Graph("model", "model.onnx", "fp16", (CPU,)),)
    write_manifest(root, Manifest(name, role, name.title(), "Apache-2.0", "1", (), graphs))


@pytest.fixture
def laptop(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An NPU that does not answer a graph."""
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"), ep_device(QNN, "NPU", NPU_NAME))
    monkeypatch.setattr("rag_core.runtime.npu.compiled.qairt_version", lambda: "2.51.0")
    Breaker(data / "devices.json").failed(QNN, "probe", literal("It broke."))
    return data


def report(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    checks = json.loads(capsys.readouterr().out)["checks"]
    return {check["name"]: check for check in checks}


def test_the_devices_are_a_table(laptop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == DONE
    npu, processor = json.loads(capsys.readouterr().out)["devices"]
    assert (npu["name"], npu["kind"], npu["emulated"], npu["tiny_ms"]) == (NPU_NAME, "npu", False, None)
    assert (npu["target"], npu["problem"]) == ("Snapdragon X Elite", "It failed before: It broke.")
    assert (processor["kind"], processor["problem"]) == ("cpu", "") and processor["tiny_ms"] > 0
    assert main(["doctor"]) == DONE
    told = capsys.readouterr().out
    assert f"{NPU_NAME}: It failed before: It broke. The processor" in told and RETRY in told


def test_each_stage_says_where_it_will_run_and_why_not_elsewhere(
    laptop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Breaker(laptop / "devices.json").failed(QNN, "generate", literal("The Snapdragon NPU hung."))
    main(["doctor", "--json"])
    checks = report(capsys)
    assert checks["place for embedding"]["found"] == (
        "the processor (CPU). “Finder” has not been prepared for Snapdragon X Elite yet."
    )
    assert checks["place for answering"]["found"] == "the processor (CPU). It failed before: The Snapdragon NPU hung."
    assert (checks["place for embedding"]["ok"], checks["place for answering"]["ok"]) == (True, False)


@pytest.mark.parametrize("preference", ["auto", "npu"])
def test_what_failed_is_forgotten_when_another_try_is_wanted(
    laptop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, preference: str
) -> None:
    def refuse(*_: object, **__: object) -> Session:
        raise ProviderUnavailable("It refused the graph.")

    monkeypatch.setattr("rag_core.runtime.profile.open_on", refuse)
    Breaker(laptop / "devices.json").failed(QNN, "generate", literal("The Snapdragon NPU hung."))
    assert main(["doctor", "--execution-provider", preference]) == FAILED
    told = capsys.readouterr().out
    assert f"place for answering: The processor can do this work. Have the devices tried again: {RETRY}" in told
    main(["doctor", "--json", "--retry-devices", "--execution-provider", preference])
    told = capsys.readouterr().out
    assert "It failed before" not in told and "It refused the graph." in told
    assert "“Writer” has not been prepared for Snapdragon X Elite yet" in told
    assert not Breaker(laptop / "devices.json").blocked(QNN, "generate")


def test_a_demand_for_the_npu_is_told_how_to_prepare_it(laptop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--execution-provider", "npu"]) == FAILED
    assert "or prepare the models for the NPU: alcove packs compile" in capsys.readouterr().out


def test_a_demand_that_cannot_be_met_is_a_fault(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"))
    (data / "settings.json").write_text('{"execution_provider": "npu"}', encoding="utf-8")
    assert main(["doctor", "--json"]) == FAILED
    checks = report(capsys)
    assert "(onnxruntime-qnn) is not installed" in str(checks["place for embedding"]["found"])
    assert checks["device npu"]["found"] == "The NPU's runtime (onnxruntime-qnn) is not installed."


def test_without_npu_nothing_is_missed(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_devices(monkeypatch, ep_device(CPU, "CPU"))
    assert main(["doctor", "--json"]) == DONE
    assert report(capsys)["place for answering"]["found"] == "the processor (CPU)"


def test_a_data_folder_without_a_reader_is_healthy_and_told_how_to_get_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json"]) == DONE
    check = report(capsys)["pack for reranking"]
    assert check["ok"] and str(check["found"]).startswith("not installed: questions are answered without it")
    assert main(["doctor"]) == DONE
    assert "alcove packs build" in capsys.readouterr().out


def test_the_reader_is_checked_like_the_other_models(laptop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(laptop, "nearer", "reader")
    Breaker(laptop / "devices.json").failed(QNN, "rerank", literal("The Snapdragon NPU hung."))
    assert main(["doctor", "--json"]) == FAILED
    checks = report(capsys)
    assert "pack for reranking" not in checks
    assert checks["place for reranking"]["found"] == "the processor (CPU). It failed before: The Snapdragon NPU hung."
    (laptop / "packs" / "nearer" / "model.onnx").write_bytes(b"grape")
    main(["doctor", "--json"])
    assert not report(capsys)["pack nearer"]["ok"]
