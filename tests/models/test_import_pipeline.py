"""Models that Microsoft and Qualcomm publish for their NPU: taken in where it is, explained where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.imports import llm as importing
from models.imports.llm import import_llm
from models.imports.pipeline import read_pipeline, why_not_here
from rag_core.errors import ProviderUnavailable, UserError
from rag_core.generate.genai_runtime import PIPELINE
from rag_core.generate.opening import open_generator
from rag_core.messages import literal
from rag_core.progress import CancelToken
from rag_core.runtime.devices import Device, Inventory
from rag_core.runtime.pack import Graph, Manifest, find_pack, list_packs, open_pack, write_manifest
from rag_core.runtime.plugins import CPU, QNN
from rag_core.types import ChatMessage
from tests.models.tiny_llm import QWEN_LIKE, TEMPLATE, write_folder
from tests.models.tiny_pipeline import BINARY, copy_of, write_compiled_pipeline, write_pipeline

QUESTION = (ChatMessage("system", "Be short."), ChatMessage("user", "Where is the key? 鍵はどこ？"))
PROCESSOR = Device(CPU, "cpu", "a processor", "x", False, None)


def npu(chip: str = "Snapdragon(R) X Elite - X1E80100 - Qualcomm(R) Hexagon(TM) NPU") -> Inventory:
    return Inventory((Device(QNN, "npu", chip, "Qualcomm", False, None), PROCESSOR))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_compiled_pipeline(tmp_path_factory.mktemp("stick") / "Phi for NPU", QWEN_LIKE)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[Inventory], None]:
    def use(inventory: Inventory) -> None:
        monkeypatch.setattr(importing, "list_devices", lambda: inventory)

    return use


def _model(folder: Path) -> dict[str, Any]:
    model: dict[str, Any] = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))["model"]
    return model


def test_without_the_npu_it_is_said_what_it_is_and_what_to_do(
    compiled: Path, tmp_path: Path, machine: Callable[[Inventory], None]
) -> None:
    machine(Inventory((PROCESSOR,), (literal("The NPU's runtime (onnxruntime-qnn) is not installed."),)))
    with pytest.raises(UserError) as refusal:
        list(import_llm(compiled, tmp_path / "packs"))
    for words in (
        "4 graphs (embeddings, prompt, token, lm_head)",
        "QAIRT 2.51.0",
        "Snapdragon X Elite",
        "holds 256 tokens",
        "reads 64 at a time",
        "onnxruntime-qnn) is not installed",
    ):
        assert words in str(refusal.value.message)
    assert "CPU" in str(refusal.value.advice)
    assert not list_packs(tmp_path / "packs")


def test_an_emulated_npu_is_not_tried(compiled: Path, tmp_path: Path, machine: Callable[[Inventory], None]) -> None:
    machine(Inventory((Device(QNN, "npu", "emulated", "Qualcomm", True, None), PROCESSOR)))
    with pytest.raises(UserError, match="only emulated"):
        list(import_llm(compiled, tmp_path / "packs"))


def test_an_older_npu_is_named(tmp_path: Path) -> None:
    folder = write_compiled_pipeline(tmp_path / "new", QWEN_LIKE, soc="88", arch="81")
    pipeline = read_pipeline(folder, _model(folder))
    older = why_not_here(pipeline, npu())
    assert "Snapdragon X2 Elite" in str(older)
    assert "This machine has Snapdragon X Elite" in str(older)
    assert not why_not_here(pipeline, npu("Snapdragon(R) X2 Elite - X2E94100 - Hexagon NPU"))


def test_with_the_npu_all_its_files_are_taken_and_no_library(
    compiled: Path, tmp_path: Path, machine: Callable[[Inventory], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(npu())
    tried: list[Manifest] = []
    monkeypatch.setattr(importing, "prove", lambda _root, manifest, _questions: tried.append(manifest))
    list(import_llm(compiled, tmp_path / "packs"))
    pack = find_pack(tmp_path / "packs", "llm")
    assert tried
    assert tried[0].id == pack.id
    graph = pack.manifest.graphs[0]
    assert graph.providers == (QNN,)
    expected = {"embeddings.onnx", "prompt_ctx.onnx", "token_ctx.onnx", "lm_head.onnx", BINARY, "genai_config.json"}
    assert expected <= set(graph.files)
    assert not (pack.root / "QnnHtp.dll").exists()
    assert pack.manifest.spec[PIPELINE]["window_tokens"] == 64
    with pytest.raises(
        ProviderUnavailable, match="cannot run on this machine"
    ):  # the pack on a machine without it, as here
        open_generator(pack, threads=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda stages: stages["prompt"].update(filename="../../elsewhere.onnx"), "outside of itself"),
        (lambda stages: stages["token"].update(filename="gone.onnx"), "gone.onnx is missing"),
        (lambda stages: stages["token"].pop("filename"), "names no graph"),
        (lambda stages: _qnn(stages)["qnn"].update(backend_path="QnnHtp.dll/../evil.dll"), "libraries or files"),
        (lambda stages: _qnn(stages)["qnn"].update(op_packages="evil.dll:Init"), "libraries or files"),
        (lambda stages: _qnn(stages).update(openvino={}), "openvino"),
    ],
)
def test_what_is_not_safe_is_refused_on_any_machine(
    change: Callable[[dict[str, Any]], object],
    words: str,
    compiled: Path,
    tmp_path: Path,
    machine: Callable[[Inventory], None],
) -> None:
    machine(npu())
    folder = copy_of(compiled, tmp_path)
    path = folder / "genai_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    change(config["model"]["decoder"]["pipeline"][0])
    path.write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UserError, match=words):
        list(import_llm(folder, tmp_path / "packs"))
    assert not list_packs(tmp_path / "packs")


def test_a_binary_that_was_not_copied_is_named(
    compiled: Path, tmp_path: Path, machine: Callable[[Inventory], None]
) -> None:
    machine(npu())
    folder = copy_of(compiled, tmp_path)
    (folder / BINARY).unlink()
    with pytest.raises(UserError, match=BINARY):
        list(import_llm(folder, tmp_path / "packs"))


def test_a_pipeline_that_is_compiled_for_nothing_is_refused(
    tmp_path: Path, machine: Callable[[Inventory], None]
) -> None:
    machine(npu())
    folder = write_pipeline(tmp_path / "plain", QWEN_LIKE, "qwen2")
    with pytest.raises(UserError, match="none of them is compiled"):
        list(import_llm(folder, tmp_path / "packs"))


def test_its_stages_run_where_they_say_and_answer_as_one_graph_does(tmp_path: Path) -> None:
    """Stages for the processor, so that they run here: nothing of what they say of providers is taken away."""
    write_folder(tmp_path / "whole", QWEN_LIKE, "qwen2")
    write_pipeline(tmp_path / "stages", QWEN_LIKE, "qwen2")
    answers = []
    marks: dict[str, dict[str, Any]] = {"whole": {}, "stages": {PIPELINE: {}}}
    for name, more in marks.items():
        spec = {"context_tokens": 256, "eos_token_ids": [0], "chat_template": TEMPLATE} | more
        graphs = (Graph("decoder", "model.onnx", "fp32", (CPU,)),)
        write_manifest(tmp_path / name, Manifest(name, "llm", name, "", "", (), graphs, spec))
        generator = open_generator(open_pack(tmp_path / name), threads=1)
        for _ in range(2):  # the state of such a model cannot be rewound: it is made again
            text = "".join(generator.generate(QUESTION, max_new_tokens=16, cancel=CancelToken()))
            answers.append(text)
        assert generator.placement.device.provider == CPU
        assert (generator.stats.reused_tokens == 0) == (name == "stages")
        generator.close()
    assert len(set(answers)) == 1


def _qnn(stages: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = stages["prompt"]["session_options"]["provider_options"][0]
    return options


def test_what_the_chip_is_called_where_numbers_have_names(tmp_path: Path) -> None:
    folder = write_compiled_pipeline(tmp_path / "named", QWEN_LIKE, soc="SC8380XP")
    pipeline = read_pipeline(folder, _model(folder))
    assert pipeline.chip == "Snapdragon X Elite"
    assert replace(pipeline, socs=("87",)).chip == "Qualcomm's chip number 87"
    assert replace(pipeline, socs=()).chip == "a chip that its files do not name"
