"""Which devices ONNX Runtime can use on this machine, in words that a person understands.

The Snapdragon NPU is a plugin that has to be registered once per process. Where `onnxruntime_qnn` is not installed, or
its driver does not load, that is a normal state of a machine: it becomes a note, not an error.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from rag_core.errors import UserError

CPU = "CPUExecutionProvider"
QNN = "QNNExecutionProvider"
PLAIN_NAMES = {CPU: "the processor (CPU)", QNN: "the Snapdragon NPU"}

DeviceKind = Literal["cpu", "gpu", "npu", "unknown"]

_PREFERENCES: dict[str, tuple[str, ...]] = {
    "auto": (QNN, CPU),
    "cpu": (CPU,),
    "npu": (QNN,),
    "qnn": (QNN,),
    CPU.lower(): (CPU,),
    QNN.lower(): (QNN,),
}
_SNAPDRAGON_X_ELITE = {"soc_model": "60", "htp_arch": "73"}
_registering = threading.Lock()


@dataclass(frozen=True, slots=True)
class Device:
    """A device as one execution provider sees it. `handle` is ONNX Runtime's own object for it.

    `emulated` is true where the NPU's provider runs on an ordinary processor (its x86 libraries emulate the chip).
    """

    provider: str
    kind: DeviceKind
    name: str
    vendor: str
    emulated: bool
    handle: Any


@dataclass(frozen=True, slots=True)
class Inventory:
    """What there is, and sentences about what there is not."""

    devices: tuple[Device, ...]
    notes: tuple[str, ...] = ()

    def first(self, provider: str) -> Device | None:
        return next((device for device in self.devices if device.provider == provider), None)


def list_devices(look_for_npu: bool = True) -> Inventory:
    """Every device of every provider. The first look for the NPU in a process loads its plugin."""
    import onnxruntime

    note = register_npu() if look_for_npu else ""
    devices = tuple(_describe(handle) for handle in onnxruntime.get_ep_devices())
    if look_for_npu and not note and all(device.provider != QNN for device in devices):
        note = "The NPU's runtime is installed, but it found no NPU."
    return Inventory(devices, (note,) if note else ())


def register_npu() -> str:
    """Make the NPU's provider known to ONNX Runtime; harmless when repeated. Returns why not, or an empty string."""
    if importlib.util.find_spec("onnxruntime_qnn") is None:
        return "The NPU's runtime (onnxruntime-qnn) is not installed."
    import onnxruntime
    import onnxruntime_qnn

    with _registering:
        if any(handle.ep_name == QNN for handle in onnxruntime.get_ep_devices()):
            return ""
        try:
            onnxruntime.register_execution_provider_library(QNN, onnxruntime_qnn.get_library_path())
        except runtime_errors() as error:
            return f"The NPU's runtime (onnxruntime-qnn) does not load: {error}"
    return ""


def providers_for(preference: str) -> tuple[str, ...]:
    """The providers that `preference` allows, best first: "auto", "cpu", "npu", or a provider's own name."""
    try:
        return _PREFERENCES[preference.lower()]
    except KeyError:
        raise UserError(
            f"“{preference}” is not a device that Alcove knows.", "Choose one of: auto, cpu, npu."
        ) from None


def provider_options(device: Device) -> dict[str, str]:
    """What the provider of `device` has to be told. The emulator must be told which chip it stands for."""
    if device.provider != QNN:
        return {}
    import onnxruntime_qnn

    options = {"backend_path": onnxruntime_qnn.get_qnn_htp_path(), "enable_htp_fp16_precision": "1"}
    return options | _SNAPDRAGON_X_ELITE if device.emulated else options


def real_cores() -> int:
    """Physical cores that this process may use; hyper-threads share the units that matrix arithmetic needs."""
    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))


def runtime_errors() -> tuple[type[Exception], ...]:
    """The exceptions that ONNX Runtime raises; they share no base class of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = (getattr(state, name) for name in dir(state))
    return tuple(kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception))


def _describe(handle: Any) -> Device:
    metal = handle.device
    kinds: dict[str, DeviceKind] = {"CPU": "cpu", "GPU": "gpu", "NPU": "npu"}
    kind = kinds.get(metal.type.name, "unknown")
    emulated = handle.ep_name == QNN and kind == "cpu"
    plain = PLAIN_NAMES.get(handle.ep_name, handle.ep_name)
    name = metal.metadata.get("Description") or (f"{plain}, emulated" if emulated else plain)
    return Device(handle.ep_name, kind, name, metal.vendor or handle.ep_vendor, emulated, handle)
