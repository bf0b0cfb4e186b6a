"""A session says truly where it runs, refuses damaged files, and stops when it is told to."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from models.convert.encoder.graph import Float32
from rag_core.embed.opening import open_encoder
from rag_core.errors import Cancelled, PackCorrupt, ProviderUnavailable
from rag_core.progress import CancelToken
from rag_core.runtime.devices import list_devices, real_cores
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import open_on
from tests.models.tiny_minilm import CPU, random_weights, write_pack
from tests.runtime.fakes import device, the_processor

IDS = {"input_ids": np.array([[2, 4, 5, 3]], np.int64)}


@pytest.fixture
def cpu_pack(tmp_path: Path) -> Pack:
    return write_pack(tmp_path / "cpu", (("fp32", random_weights(), Float32(), CPU),))


def test_the_processor_is_always_listed() -> None:
    assert the_processor() in list_devices(look_for_npu=False).devices
    assert real_cores() >= 1


def test_a_session_says_where_its_nodes_are(cpu_pack: Pack) -> None:
    session = open_on(cpu_pack, "fp32", the_processor())
    assert (session.graph.name, session.device, set(session.nodes)) == ("fp32", the_processor(), {*CPU})


def test_a_device_that_the_graph_is_not_made_for_is_an_error(cpu_pack: Pack) -> None:
    with pytest.raises(ProviderUnavailable, match="no graph"):
        open_on(cpu_pack, "fp32", device())


def test_a_wrong_byte_is_refused(cpu_pack: Pack) -> None:
    path = cpu_pack.path_of("fp32.onnx")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(PackCorrupt, match=r"fp32\.onnx"):
        open_encoder(cpu_pack)


def test_a_file_that_is_not_a_graph_is_a_corrupt_pack(cpu_pack: Pack) -> None:
    cpu_pack.path_of("fp32.onnx").write_bytes(b"not a graph")
    with pytest.raises(PackCorrupt, match="cannot be opened"):
        open_on(cpu_pack, "fp32", the_processor())


def test_a_cancelled_run_raises_and_the_session_survives(cpu_pack: Pack) -> None:
    session = open_on(cpu_pack, "fp32", the_processor())
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        session.run(IDS, token)
    assert session.run(IDS, CancelToken())[0].shape == (1, 32)


def test_cancelling_from_another_thread_ends_a_running_graph(cpu_pack: Pack) -> None:
    session = open_on(cpu_pack, "fp32", the_processor(), threads=1)
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
    session, token = open_on(cpu_pack, "fp32", the_processor()), CancelToken()
    for _ in range(5):
        session.run(IDS, token)
    assert token._callbacks == []
