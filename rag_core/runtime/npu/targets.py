"""The chips that models are compiled for, as data: another one is another line.

`soc_model` and `htp_arch` are Qualcomm's numbers: `QNN_SOC_MODEL_…` of QnnTypes.h where it has them, and what the
compiler itself (libQnnHtp of QAIRT 2.51) has beside the name of the chip and writes into a context. `chip_names` are
how the model number starts that Windows has for the processor, as in "Snapdragon(R) X Elite - X1E80100 - Qualcomm(R)
Oryon(TM) CPU" or "Snapdragon(R) X 12-core X1E78100 @ 3.40 GHz".

The emulator stands for Snapdragon X Elite; it cannot load contexts that share weights.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass

from rag_core.errors import UserError
from rag_core.messages import Message, joined, say
from rag_core.runtime.devices import Inventory


@dataclass(frozen=True, slots=True)
class Target:
    id: str
    title: str
    soc_model: str
    htp_arch: str
    chip_names: tuple[str, ...] = ()
    shares_weights: bool = True

    @property
    def options(self) -> dict[str, str]:
        """What the compiler has to be told."""
        return {"soc_model": self.soc_model, "htp_arch": self.htp_arch}


EMULATOR = Target("emulator", "Snapdragon X Elite, emulated", "60", "73", shares_weights=False)
TARGETS = (
    # SC8380XP ("Hamoa"); the Snapdragon X Plus with ten cores is the same chip.
    Target("snapdragon-x-elite", "Snapdragon X Elite", "60", "73", ("X1E", "X1P64")),
    # SC8340XP ("Purwa"): the Snapdragon X Plus with eight cores, and the Snapdragon X.
    Target("snapdragon-x-plus", "Snapdragon X Plus (8 cores) or X", "120", "73", ("X1P4", "X126")),
    # SC8480XP ("Glymur"). Which number the smaller Snapdragon X2 Plus has is not published.
    Target("snapdragon-x2-elite", "Snapdragon X2 Elite", "88", "81", ("X2E",)),
    EMULATOR,
)
_MODEL_NUMBER = re.compile(r"\bX\d[EP]?-?\d[\d-]*", re.IGNORECASE)
_REGISTRY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"


def target_named(name: str) -> Target:
    for target in TARGETS:
        if target.id == name:
            return target
    known = ", ".join(target.id for target in TARGETS)
    raise UserError(say("chip-not-known", name=name), say("choose-one-of", known=known))


def this_target(inventory: Inventory, processor: str | None = None) -> Target | None:
    """What models are compiled for on this machine; None without an NPU, or with one that nothing is prepared for.

    `processor` is what the system calls the processor (looked up when it is None).
    """
    npu = inventory.npu
    if npu is None:
        return None
    if npu.emulated:
        return EMULATOR
    names = [processor_name() if processor is None else processor, npu.name, *npu.metadata.values()]
    return next((target for name in names if (target := target_of_chip(name)) is not None), None)


def why_no_target(inventory: Inventory) -> Message:
    """Why `this_target` is None."""
    npu = inventory.npu
    if npu is None:
        return joined(inventory.notes) or say("no-npu-here")
    return say("npu-without-target", name=processor_name() or npu.name)


def target_of_chip(name: str) -> Target | None:
    """The target whose chip the system calls `name`."""
    number = _MODEL_NUMBER.search(name)
    if number is None:
        return None
    plain = number.group().replace("-", "").upper()
    return next((target for target in TARGETS if target.chip_names and plain.startswith(target.chip_names)), None)


def processor_name() -> str:
    """What the system calls the processor; `platform.processor()` tells no model number on Windows on Arm."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _REGISTRY) as key:
                return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
        except OSError:
            return os.environ.get("PROCESSOR_IDENTIFIER", "")
    return platform.processor()
