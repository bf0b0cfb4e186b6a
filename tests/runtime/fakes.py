"""A driver that fails when it is told to, and devices that this machine does not have."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rag_core.messages import Message
from rag_core.runtime.devices import Device, DeviceKind, list_devices
from rag_core.runtime.pack import Graph
from rag_core.runtime.places import Place
from rag_core.runtime.plugins import CPU, QNN, Plugin
from rag_core.runtime.session import Guard, Session, open_on
from rag_core.runtime.watchdog import Watchdog

NPU_NAME = "Snapdragon(R) X Elite - X1E80100 - Qualcomm(R) Hexagon(TM) NPU"


class FakeHandle:
    """Stands for an InferenceSession: runs give their own number. `before(number, options)` is called in each."""

    def __init__(self, before: Callable[[int, Any], None] = lambda number, options: None) -> None:
        self.runs = 0
        self.threads: list[str] = []
        self._before = before

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="x", type="tensor(float)", shape=[1])]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="y", type="tensor(float)", shape=[1])]

    def run(self, _names: None, _feeds: dict[str, Any], options: Any) -> list[Any]:
        self.runs += 1
        self.threads.append(threading.current_thread().name)
        self._before(self.runs, options)
        return [np.array([self.runs], np.float32)]


def session_on(handle: FakeHandle, watchdog: Watchdog, limit_s: float = 30) -> Session:
    graph = Graph("step", "step.onnx", "fp16", (QNN,))
    return Session(handle, graph, device(name="the Snapdragon NPU"), guard=Guard(watchdog, limit_s))


def device(provider: str = QNN, kind: DeviceKind = "npu", name: str = NPU_NAME, emulated: bool = False) -> Device:
    return Device(provider, kind, name, "Qualcomm", emulated, handle=None)


def the_processor() -> Device:
    """The real one."""
    found = list_devices(look_for_npu=False).first(CPU)
    assert found is not None
    return found


@dataclass(frozen=True)
class Disguised(Place):
    """The processor that looks like another device: what is opened there is `noted`, what fails `told`, and what
    may end the process `watched`.
    """

    noted: Callable[[Session], Any] = lambda session: session
    told: list[str] = field(default_factory=list)
    watched: Callable[[str], AbstractContextManager[object]] = nullcontext

    def open_graph(self, name: str) -> Session:
        session: Session = self.noted(open_on(self.pack, name, the_processor(), threads=1))
        return session

    def at_work(self, graph: str) -> AbstractContextManager[object]:
        return self.watched(graph)

    def failed(self, reason: Message) -> None:
        self.told.append(str(reason))


PROCESSOR = device(CPU, "cpu", "the processor (CPU)")


def ep_device(provider: str, kind: str, description: str = "", **metadata: str) -> Any:
    """As `onnxruntime.get_ep_devices` gives them."""
    if description:
        metadata["Description"] = description
    metal = SimpleNamespace(type=SimpleNamespace(name=kind), vendor="", metadata=metadata)
    return SimpleNamespace(ep_name=provider, ep_vendor="Someone", ep_metadata={"version": "0.1.0"}, device=metal)


def pretend_devices(patch: pytest.MonkeyPatch, *handles: Any, plugins: tuple[Plugin, ...] = ()) -> None:
    """A machine with these devices, and with `plugins` (else with none installed)."""
    absent = Plugin(QNN, "onnxruntime_that_is_not_there", "onnxruntime-qnn", "The NPU's runtime", expected=True)
    patch.setattr("rag_core.runtime.devices.PLUGINS", plugins or (absent,))
    patch.setattr("onnxruntime.get_ep_devices", lambda: list(handles))
