"""A session says truly where it runs, refuses damaged files, and stops when it is told to."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from models.convert.encoder.graph import Float32
from rag_core.errors import Cancelled, PackCorrupt, ProviderUnavailable, UserError
from rag_core.progress import CancelToken
from rag_core.runtime.devices import list_devices, real_cores
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import open_session
from tests.models.tiny_minilm import CPU, NPU, random_weights, write_pack
from tests.runtime.fakes import ep_device, pretend_devices

IDS = {"input_ids": np.array([[2, 4, 5, 3]], np.int64)}


@pytest.fixture
def without_npu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the NPU's runtime is not installed, whatever this one has."""
    pretend_devices(monkeypatch, ep_device("CPUExecutionProvider", "CPU"))


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    weights = random_weights()
    return write_pack(tmp_path / "tiny", (("npu", weights, Float32(), NPU), ("fp32", weights, Float32(), CPU)))


@pytest.fixture
def cpu_pack(tmp_path: Path) -> Pack:
    return write_pack(tmp_path / "cpu", (("fp32", random_weights(), Float32(), CPU),))


def test_the_processor_is_always_listed() -> None:
    assert list_devices(look_for_npu=False).first("CPUExecutionProvider") is not None
    assert real_cores() >= 1


@pytest.mark.usefixtures("without_npu")
def test_auto_falls_back_to_the_processor_and_says_why(pack: Pack) -> None:
    session = open_session(pack)
    assert (session.graph.name, session.provider, session.requested) == ("fp32", "CPUExecutionProvider", "auto")
    assert "not installed" in session.reason


def test_auto_needs_no_excuse_for_a_pack_that_is_made_for_the_processor(cpu_pack: Pack) -> None:
    session = open_session(cpu_pack)
    assert (session.provider, session.reason) == ("CPUExecutionProvider", "")


@pytest.mark.usefixtures("without_npu")
@pytest.mark.parametrize("preference", ["npu", "qnn", "QNNExecutionProvider"])
def test_a_demanded_npu_that_is_not_there_is_an_error(pack: Pack, preference: str) -> None:
    with pytest.raises(ProviderUnavailable, match="not installed"):
        open_session(pack, preference=preference)


def test_a_demand_that_the_pack_has_no_graph_for_is_an_error(cpu_pack: Pack) -> None:
    with pytest.raises(ProviderUnavailable, match="no graph"):
        open_session(cpu_pack, preference="npu")


def test_an_unknown_preference_names_the_known_ones(cpu_pack: Pack) -> None:
    with pytest.raises(UserError, match="auto, cpu, npu"):
        open_session(cpu_pack, preference="gpuu")


def test_a_wrong_byte_is_refused(cpu_pack: Pack) -> None:
    path = cpu_pack.path_of("fp32.onnx")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(PackCorrupt, match=r"fp32\.onnx"):
        open_session(cpu_pack)


def test_a_file_that_is_not_a_graph_is_a_corrupt_pack(cpu_pack: Pack) -> None:
    cpu_pack.path_of("fp32.onnx").write_bytes(b"not a graph")
    with pytest.raises(PackCorrupt, match="cannot be opened"):
        open_session(cpu_pack, check_files=False)


def test_a_cancelled_run_raises_and_the_session_survives(cpu_pack: Pack) -> None:
    session = open_session(cpu_pack)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        session.run(IDS, token)
    assert session.run(IDS, CancelToken())[0].shape == (1, 32)


def test_cancelling_from_another_thread_ends_a_running_graph(cpu_pack: Pack) -> None:
    session = open_session(cpu_pack, threads=1)
    # Some seconds of work in one run.
    ids = {"input_ids": np.full((60_000, 40), 5, np.int64)}
    token = CancelToken()
    timer = threading.Timer(0.2, token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        session.run(ids, token)
    timer.join()
    assert session.run(IDS)[0].shape == (1, 32)


def test_a_token_keeps_nothing_of_finished_runs(cpu_pack: Pack) -> None:
    session, token = open_session(cpu_pack), CancelToken()
    for _ in range(5):
        session.run(IDS, token)
    assert token._callbacks == []
