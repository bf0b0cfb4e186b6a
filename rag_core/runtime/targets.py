"""The chips that models are compiled for, as data: another one is another line.

`soc_model` and `htp_arch` are Qualcomm's numbers (QNN SDK, "Supported Snapdragon devices"). `chip_names` are what the
system calls the processor. The emulator stands for Snapdragon X Elite; it cannot load contexts that share weights.
"""

from __future__ import annotations

from dataclasses import dataclass

from rag_core.errors import UserError


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
    Target("snapdragon-x-elite", "Snapdragon X Elite", "60", "73", ("X1E",)),
    EMULATOR,
)


def target_named(name: str) -> Target:
    for target in TARGETS:
        if target.id == name:
            return target
    known = ", ".join(target.id for target in TARGETS)
    raise UserError(f"“{name}” is not a chip that Alcove knows.", f"Choose one of: {known}.")
