"""Which devices ONNX Runtime can use on this machine, in words that a person understands.

The table is what ONNX Runtime says (`get_ep_devices`), for providers that are named here and for those that are not.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import psutil

from rag_core.errors import UserError
from rag_core.messages import Message, literal, say
from rag_core.runtime.plugins import CPU, PLAIN_NAMES, PLUGINS, QNN, plugin_of, register, runtime_errors

__all__ = ["CPU", "PLAIN_NAMES", "QNN", "Device", "Inventory", "devices_for", "list_devices", "runtime_errors"]

DeviceKind = Literal["cpu", "gpu", "npu", "unknown"]

_WORDS: tuple[str, ...] = ("auto", "cpu", "npu", "gpu")
_ORDER: dict[DeviceKind, int] = {"npu": 0, "gpu": 1, "unknown": 2, "cpu": 3}
_SUFFIX = "executionprovider"
_OF_KIND = ":"
_EMULATED = f"the emulated {PLAIN_NAMES[QNN].removeprefix('the ')}"
_SPOKEN = {
    PLAIN_NAMES[CPU]: say("the-processor"),
    PLAIN_NAMES[QNN]: say("the-snapdragon-npu"),
    _EMULATED: say("the-emulated-npu"),
}
_SPOKEN_FIRST = {PLAIN_NAMES[QNN]: say("the-snapdragon-npu-first"), _EMULATED: say("the-emulated-npu-first")}


@dataclass(frozen=True, slots=True)
class Device:
    """A device as one execution provider sees it. `handle` is ONNX Runtime's own object for it.

    `emulated` is true where an NPU's provider runs on an ordinary processor (its x86 libraries emulate the chip); its
    kind is "npu" all the same. `version` is that of the provider's package.
    """

    provider: str
    kind: DeviceKind
    name: str
    vendor: str
    emulated: bool
    handle: Any = field(compare=False)
    version: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """What it is remembered by: a provider may have several kinds of device (OpenVINO: NPU, GPU and processor)."""
        own_kind = {CPU: "cpu", QNN: "npu"}.get(self.provider)
        return self.provider if self.kind == own_kind else f"{self.provider}{_OF_KIND}{self.kind}"

    @property
    def spoken(self) -> Message:
        """Its name within a sentence."""
        return in_words(self.name)

    @property
    def spoken_first(self) -> Message:
        """Its name where a sentence begins with it."""
        return _SPOKEN_FIRST.get(self.name) or literal(self.name[:1].upper() + self.name[1:])


@dataclass(frozen=True, slots=True)
class Inventory:
    """What there is, best first, and what to say of what there is not."""

    devices: tuple[Device, ...]
    notes: tuple[Message, ...] = ()

    def first(self, provider: str) -> Device | None:
        return next((device for device in self.devices if device.provider == provider), None)

    @property
    def npu(self) -> Device | None:
        return next((device for device in self.devices if device.kind == "npu"), None)


def list_devices(look_for_npu: bool = True) -> Inventory:
    """Every device of every provider. The first look for more than the processor in a process loads its plugins; QNN's
    takes 5 ms and 1.4 MB where it can only emulate.
    """
    import onnxruntime

    notes = [register(plugin) for plugin in PLUGINS] if look_for_npu else []
    handles = onnxruntime.get_ep_devices()
    found = [device for handle in handles if (device := _described(handle, handles)) is not None]
    for plugin in PLUGINS if look_for_npu else ():
        silent = plugin.installed and not any(device.provider == plugin.provider for device in found)
        if silent and not any(plugin.package in str(note) for note in notes):
            notes.append(say("plugin-without-device", title=plugin.title, package=plugin.package))
    if look_for_npu and _is_emulated_python():
        notes.append(say("alcove-for-x64"))
    return Inventory(
        tuple(sorted(found, key=lambda device: (device.emulated, _ORDER[device.kind]))), tuple(filter(None, notes))
    )


def devices_for(preference: str, inventory: Inventory) -> tuple[Device, ...]:
    """The devices that `preference` allows, best first: "auto", "cpu", "npu", "gpu", or a provider's own name.

    "auto" has real NPUs and GPUs, then the processor; what is emulated, or another provider's idea of the processor, is
    for those who ask for it by name. Raises UserError for a word that means nothing.
    """
    wanted = preference.lower()
    known = _providers_by_word()
    if wanted == "auto":
        real = (device for device in inventory.devices if not device.emulated)
        return tuple(device for device in real if device.kind in ("npu", "gpu") or device.provider == CPU)
    if wanted == "cpu":
        return tuple(device for device in inventory.devices if device.provider == CPU)
    if wanted in _WORDS:
        return tuple(device for device in inventory.devices if device.kind == wanted)
    if wanted not in known:
        raise UserError(say("no-such-device", name=preference), say("choose-one-of", known=", ".join(_WORDS)))
    return tuple(device for device in inventory.devices if device.provider == known[wanted])


def spoken_name(provider: str) -> Message:
    """What a person calls the device of a provider, or of a key, within a sentence."""
    return in_words(plain_name(provider_of(provider)))


def in_words(name: str) -> Message:
    """What we call a device ourselves is said in the person's language; a name of its own stays."""
    return _SPOKEN.get(name) or literal(name)


def provider_of(key: str) -> str:
    """The provider of a device that is remembered by its key."""
    return key.partition(_OF_KIND)[0]


def plain_name(provider: str) -> str:
    """What a person calls the device of a provider."""
    return PLAIN_NAMES.get(provider, provider.removesuffix("ExecutionProvider"))


def real_cores() -> int:
    """Physical cores that this process may use; hyper-threads share the units that matrix arithmetic needs."""
    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))


def _providers_by_word() -> dict[str, str]:
    """Every provider that ONNX Runtime or a plugin names, by its name and by its short name, in lower case."""
    import onnxruntime

    names = [*onnxruntime.get_all_providers(), *(plugin.provider for plugin in PLUGINS)]
    words = {name.lower(): name for name in names}
    words |= {word.removesuffix(_SUFFIX): name for word, name in words.items()}
    return {word: name for word, name in words.items() if word not in _WORDS}


def _described(handle: Any, handles: list[Any]) -> Device | None:
    """None for a device that is no device: on a machine with an NPU its provider also offers the processor, which it
    cannot use there.
    """
    metal = handle.device
    kind = _kind(metal)
    emulated = handle.ep_name == QNN and kind == "cpu"
    if emulated and (_is_arm() or any(_kind(o.device) == "npu" for o in handles if o.ep_name == QNN)):
        return None
    plain = f"the GPU, through {handle.ep_name}" if kind == "gpu" else plain_name(handle.ep_name)
    plugin = plugin_of(handle.ep_name)
    return Device(
        handle.ep_name,
        "npu" if emulated else kind,
        metal.metadata.get("Description") or (f"the emulated {plain.removeprefix('the ')}" if emulated else plain),
        metal.vendor or handle.ep_vendor,
        emulated,
        handle,
        plugin.version if plugin else str(handle.ep_metadata.get("version", "")),
        dict(metal.metadata) | dict(handle.ep_metadata),
    )


def _kind(metal: Any) -> DeviceKind:
    kinds: dict[str, DeviceKind] = {"CPU": "cpu", "GPU": "gpu", "NPU": "npu"}
    return kinds.get(metal.type.name, "unknown")


def _is_arm() -> bool:
    return platform.machine().lower() in ("arm64", "aarch64")


def _is_emulated_python() -> bool:
    """Windows on Arm runs x64 programs, tells them that they are at home, and keeps the NPU from them."""
    return sys.platform == "win32" and not _is_arm() and "ARMv8" in os.environ.get("PROCESSOR_IDENTIFIER", "")
