"""What was measured on, without a word about whose it is."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

import psutil

from rag_core import __version__
from rag_core.runtime.devices import real_cores
from rag_core.runtime.npu.targets import processor_name

_RUNTIMES = ("onnxruntime", "onnxruntime-genai", "onnxruntime-qnn", "numpy", "tokenizers")
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Machine:
    """`versions` are of the packages that compute. `date` is the day, in UTC."""

    processor: str
    cores: int
    logical_processors: int
    memory_gib: float
    system: str
    architecture: str
    alcove: str
    python: str
    versions: Mapping[str, str]
    date: str


def this_machine() -> Machine:
    return Machine(
        processor=_processor(),
        cores=real_cores(),
        logical_processors=psutil.cpu_count() or 0,
        memory_gib=round(psutil.virtual_memory().total / 1024**3, 1),
        system=f"{platform.system()} {platform.release()}",
        architecture=platform.machine(),
        alcove=__version__,
        python=platform.python_version(),
        versions=MappingProxyType({name: found for name in _RUNTIMES if (found := _version(name))}),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
    )


def _processor() -> str:
    """Linux tells the model in a file only."""
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.lower().startswith("model name"))
    return next(named, "") or processor_name() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
