"""On the NPU's emulator: compiled, loaded, chosen and run whole, the embedder gives the CPU's vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.convert.encoder.static import write_static
from rag_core.embed.opening import open_encoder
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN, Device
from rag_core.runtime.npu.compiled import context_folder, expected_stamp
from rag_core.runtime.npu.compiling import compile_static
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR
from rag_core.runtime.pack import Pack, find_pack
from rag_core.runtime.places import KnownMachine, find_places
from tests.embed.static_encoders import source_pack

pytestmark = pytest.mark.npu

TEXTS = ("What is the notice period?", "", "Annual leave is 25 days; five may be carried over until 31 March. " * 9)


@pytest.fixture
def known(tmp_path: Path) -> KnownMachine:
    return KnownMachine(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))


def _compile(
    source: Pack, buckets: tuple[tuple[int, int], ...], known: KnownMachine, emulator: Device, tmp_path: Path
) -> None:
    static = write_static(source, tmp_path / "static", buckets)
    folder = context_folder(tmp_path / "contexts", source.id, EMULATOR)
    list(compile_static(static, folder, emulator, EMULATOR, expected_stamp(source, EMULATOR, RECIPE)))


def _worst_cosine(source: Pack, known: KnownMachine) -> float:
    encoder = open_encoder(source, find_places("embed", source, "npu", known, 1))
    assert encoder.placement.device.provider == QNN
    vectors = encoder.encode_passages(TEXTS)
    assert encoder.placement.device.provider == QNN, encoder.placement.reason
    return float(np.sum(vectors * open_encoder(source, threads=1).encode_passages(TEXTS), axis=1).min())


def test_a_small_network_runs_whole_on_the_npu_and_only_on_demand(
    tmp_path: Path, known: KnownMachine, emulator: Device
) -> None:
    source = source_pack(tmp_path)
    _compile(source, ((1, 8), (3, 32)), known, emulator, tmp_path)
    assert _worst_cosine(source, known) > 0.999
    encoder = open_encoder(source, find_places("embed", source, "auto", known, 1))
    assert (encoder.placement.device.provider, str(encoder.placement.reason)) == (CPU, "")


@pytest.mark.packs
def test_the_default_embedder_gives_the_vectors_of_the_cpu(
    tmp_path: Path, known: KnownMachine, emulator: Device, packs_dir: Path
) -> None:
    source = find_pack(packs_dir, "embedder", "all-minilm-l6-v2")
    _compile(source, ((2, 32), (1, 256)), known, emulator, tmp_path)
    assert _worst_cosine(source, known) > 0.995  # the CPU's everyday graph is rounded to 8 bits
