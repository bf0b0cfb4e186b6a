"""Model folders made by others: what is taken in works at once, what cannot work is refused in plain words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.imports.llm import import_llm, inspect_folder
from rag_core.errors import PackCorrupt, UserError
from rag_core.generate.generator import Generator
from rag_core.generate.opening import open_generator
from rag_core.progress import CancelToken
from rag_core.runtime.pack import find_pack, list_packs
from rag_core.types import ChatMessage
from tests.models.tiny_llm import GEMMA_LIKE, NO_SYSTEM_TEMPLATE, QWEN_LIKE, TEMPLATE, write_folder

CONVERSATION = (ChatMessage("system", "Be short."), ChatMessage("user", "Where is the key? 鍵はどこ？"))


@pytest.fixture(scope="module")
def qwen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("stick") / "Qwen-like Tiny", QWEN_LIKE, "qwen2")


def _copy(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target / folder.name))


def _change(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "genai_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    change(config["model"])
    path.write_text(json.dumps(config), encoding="utf-8")


def _install(folder: Path, packs_dir: Path) -> Generator:
    progress = list(import_llm(folder, packs_dir))
    assert progress[-1].done == progress[-1].total
    return open_generator(find_pack(packs_dir, "llm"))


def _answer(generator: Generator) -> str:
    return "".join(generator.generate(CONVERSATION, max_new_tokens=6, cancel=CancelToken()))


def test_a_qwen_like_model_answers_after_import(qwen_folder: Path, tmp_path: Path) -> None:
    generator = _install(qwen_folder, tmp_path)
    first = _answer(generator)
    assert generator.stats.new_tokens == 6
    assert generator.placement.device.provider == "CPUExecutionProvider"
    assert _answer(generator) == first
    assert generator.stats.reused_tokens > 0
    generator.close()
    manifest = find_pack(tmp_path, "llm").manifest
    assert manifest.id == "qwen-like-tiny"
    assert manifest.spec["architecture"] == "qwen2"
    assert manifest.graphs[0].precision == "fp32"
    assert len(manifest.canonical.values["decoder"][0]) == 8


def test_a_quantised_gemma_like_model_that_knows_no_system_role(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "gemma-like", GEMMA_LIKE, "gemma", NO_SYSTEM_TEMPLATE, bits=4)
    generator = _install(folder, tmp_path / "packs")
    _answer(generator)
    without_system = generator.count_prompt_tokens((CONVERSATION[1],))
    assert generator.count_prompt_tokens(CONVERSATION) >= without_system + len("Be short.")
    generator.close()
    assert find_pack(tmp_path / "packs", "llm").manifest.graphs[0].precision == "int4"


def test_importing_again_replaces_the_pack(qwen_folder: Path, tmp_path: Path) -> None:
    for _ in range(2):
        list(import_llm(qwen_folder, tmp_path))
    assert [pack.id for pack in list_packs(tmp_path)] == ["qwen-like-tiny"]


def test_a_wrong_byte_is_refused(qwen_folder: Path, tmp_path: Path) -> None:
    list(import_llm(qwen_folder, tmp_path))
    weights = tmp_path / "qwen-like-tiny" / "model.onnx.data"
    changed = bytearray(weights.read_bytes())
    changed[5000] ^= 1
    weights.write_bytes(changed)
    with pytest.raises(PackCorrupt, match=r"model\.onnx\.data"):
        open_generator(find_pack(tmp_path, "llm"))


@pytest.mark.parametrize("missing", ["genai_config.json", "model.onnx", "model.onnx.data", "tokenizer.json"])
def test_a_missing_file_is_named(missing: str, qwen_folder: Path, tmp_path: Path) -> None:
    folder = _copy(qwen_folder, tmp_path)
    (folder / missing).unlink()
    with pytest.raises(UserError) as refusal:
        list(import_llm(folder, tmp_path / "packs"))
    assert missing in str(refusal.value.message)
    assert not list_packs(tmp_path / "packs")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda model: model.update(vision={"filename": "vision.onnx"}), "not a plain text model"),
        (lambda model: model.pop("decoder"), "no decoder"),
        (lambda model: model.pop("context_length"), "context_length"),
        (lambda model: model["decoder"].update(filename="../secret.onnx"), "outside"),
        (lambda model: model["decoder"]["session_options"].update(custom_ops_library="x.so"), "unchecked code"),
        (lambda model: model.update(type="nonsense"), "cannot run it"),
        (lambda model: model["decoder"]["inputs"].update(input_ids="tokens"), "cannot run it"),
    ],
)
def test_what_cannot_work_is_refused(
    change: Callable[[dict[str, Any]], object], words: str, qwen_folder: Path, tmp_path: Path
) -> None:
    folder = _copy(qwen_folder, tmp_path)
    _change(folder, change)
    with pytest.raises(UserError, match=words):
        list(import_llm(folder, tmp_path / "packs"))
    assert not list_packs(tmp_path / "packs")


def test_a_base_model_without_chat_template_is_refused(qwen_folder: Path, tmp_path: Path) -> None:
    folder = _copy(qwen_folder, tmp_path)
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="chat template"):
        inspect_folder(folder)


@pytest.mark.parametrize("place", ["jinja file", "named list"])
def test_where_a_chat_template_may_stand(place: str, qwen_folder: Path, tmp_path: Path) -> None:
    folder = _copy(qwen_folder, tmp_path)
    named = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": TEMPLATE}]
    stored = {} if place == "jinja file" else {"chat_template": named}
    (folder / "tokenizer_config.json").write_text(json.dumps(stored), encoding="utf-8")
    if place == "jinja file":
        (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    assert inspect_folder(folder).spec["chat_template"] == TEMPLATE


def test_a_graph_that_is_no_graph(qwen_folder: Path, tmp_path: Path) -> None:
    folder = _copy(qwen_folder, tmp_path)
    (folder / "model.onnx").write_bytes(b"these are not the weights you are looking for")
    with pytest.raises(UserError, match="cannot run it"):
        list(import_llm(folder, tmp_path / "packs"))
