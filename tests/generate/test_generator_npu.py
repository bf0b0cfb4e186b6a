"""The whole way to the NPU, on its emulator: compiled, chosen, opened, and the same tokens as on the processor."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from rag_core.errors import PackCorrupt
from rag_core.generate.generator import Generator
from rag_core.generate.opening import open_generator
from rag_core.progress import CancelToken
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN, list_devices
from rag_core.runtime.npu.compiled import context_folder, expected_stamp
from rag_core.runtime.npu.compiling import compile_static
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR
from rag_core.runtime.pack import Pack
from rag_core.runtime.places import KnownMachine, find_places
from rag_core.types import ChatMessage
from tests.generate.static_decoders import CHUNK, source_pack, static_on_cpu, static_pack

pytestmark = [
    pytest.mark.npu,
    pytest.mark.skipif(importlib.util.find_spec("onnxruntime_qnn") is None, reason="onnxruntime-qnn is not installed"),
]

QUESTION = (ChatMessage("user", "Where is the key?"),)
FOLLOW_UP = (*QUESTION, ChatMessage("user", "?"))
TOKENS = 6


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pack, Pack]:
    folder = tmp_path_factory.mktemp("packs")
    source = source_pack(folder)
    return source, static_pack(folder, source, "fp16", ((CHUNK, 64), (1, 64)))


@pytest.fixture(scope="module")
def contexts(packs: tuple[Pack, Pack], tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, static = packs
    npu = list_devices().npu
    if npu is None or not npu.emulated:
        pytest.skip("this machine does not emulate the NPU")
    folder = tmp_path_factory.mktemp("contexts")
    place = context_folder(folder, source.id, EMULATOR)
    for _ in compile_static(static, place, npu, EMULATOR, expected_stamp(source, EMULATOR, RECIPE)):
        pass
    return folder


def _tokens(generator: Generator, messages: tuple[ChatMessage, ...]) -> list[int]:
    return list(generator.tokens_after(generator.chat.prompt(messages), TOKENS, CancelToken()))


def test_it_says_there_what_it_says_on_the_processor(packs: tuple[Pack, Pack], contexts: Path, tmp_path: Path) -> None:
    source, static = packs
    known = KnownMachine(contexts, Breaker(tmp_path / "devices.json"))
    generator = open_generator(source, find_places("generate", source, "npu", known, 1))
    on_processor = static_on_cpu(static)
    assert generator.context_tokens == 64
    for messages in (QUESTION, FOLLOW_UP):
        prompt = generator.chat.prompt(messages)
        assert _tokens(generator, messages) == list(on_processor.tokens_after(prompt, TOKENS, CancelToken()))
    assert generator.stats.reused_tokens == CHUNK
    assert generator.placement.device.provider == QNN
    assert not known.blocked(generator.placement.device, "generate")
    generator.close()
    by_default = open_generator(source, find_places("generate", source, "auto", known, 1))
    assert by_default.placement.device.provider == CPU  # an emulated NPU is for those who ask for it
    by_default.close()


def test_a_truncated_context_is_not_loaded(packs: tuple[Pack, Pack], contexts: Path, tmp_path: Path) -> None:
    binary = next(context_folder(contexts, packs[0].id, EMULATOR).glob("*.bin"))
    content = binary.read_bytes()
    binary.write_bytes(content[: len(content) // 2])
    known = KnownMachine(contexts, Breaker(tmp_path / "devices.json"))
    with pytest.raises(PackCorrupt, match=r"\.bin"):
        open_generator(packs[0], find_places("generate", packs[0], "npu", known, 1))
    binary.write_bytes(content)
