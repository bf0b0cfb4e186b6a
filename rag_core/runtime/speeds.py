"""How fast a model is at a place of this machine, kept between starts: to measure it takes longer than one waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_core.runtime.device_file import DeviceFile
from rag_core.runtime.devices import real_cores
from rag_core.runtime.npu.targets import processor_name
from rag_core.runtime.pack import Pack

_SECTION = "speeds"


@dataclass(frozen=True, slots=True)
class Speeds:
    """A few whole numbers (what they mean is the model's own matter), in the file of the devices under `name`."""

    path: Path
    name: str

    def recall(self) -> list[int]:
        """Empty where nothing is known."""
        kept = DeviceFile(self.path).section(_SECTION).get(self.name, [])
        return [number for number in kept if isinstance(number, int)] if isinstance(kept, list) else []

    def keep(self, numbers: Sequence[int]) -> None:
        with DeviceFile(self.path).changed(_SECTION) as section:
            section[self.name] = list(numbers)


def speeds_of(pack: Pack, graph: str, device: str, threads: int, path: Path) -> Speeds:
    """Of a graph at a place, with all that its speed depends on. `threads` 0 means all real cores."""
    import onnxruntime

    machine = f"{processor_name()}, {threads or real_cores()} threads, ONNX Runtime {onnxruntime.__version__}"
    return Speeds(path, f"{pack.sha256[:16]} {graph} on {device} ({machine})")
