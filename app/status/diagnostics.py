"""What helps to find a fault, as plain text to copy: versions, devices, counts, settings. No names of a person's files,
no text of documents, no names of libraries; the home folder is written as ~.
"""

from __future__ import annotations

import importlib.metadata
import locale
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import psutil
import PySide6.QtCore
from PySide6.QtGui import QGuiApplication

from rag_core import __version__
from rag_core.host.events import DeviceInfo, PackInfo, StageCheck
from rag_core.library.records import LibraryInfo
from rag_core.settings import Settings

_PARTS = ("onnxruntime", "onnxruntime-genai", "onnxruntime-qnn", "faiss-cpu", "sqlcipher3", "pypdfium2", "tokenizers")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is known. None: the engine did not tell; `problems` then say why."""

    machine: tuple[tuple[str, str], ...] = ()
    devices: tuple[DeviceInfo, ...] | None = None
    stages: tuple[StageCheck, ...] = ()
    packs: tuple[PackInfo, ...] | None = None
    libraries: tuple[LibraryInfo, ...] | None = None
    settings: Settings | None = None
    problems: tuple[str, ...] = ()


def machine_facts() -> tuple[tuple[str, str], ...]:
    """Asks the system, which can take a while: not for the main thread."""
    memory = psutil.virtual_memory()
    facts = [
        ("Alcove", __version__),
        ("System", platform.platform()),
        ("Machine", platform.machine()),
        ("Processor cores", f"{psutil.cpu_count(logical=False)} ({psutil.cpu_count()} threads)"),
        ("Memory", f"{memory.total / 1e9:.1f} GB, {memory.available / 1e9:.1f} GB free"),
        ("Locale", ".".join(part or "?" for part in locale.getlocale())),
        ("Python", platform.python_version()),
        ("Qt", f"{PySide6.QtCore.qVersion()}, PySide6 {PySide6.__version__}"),
    ]
    return (*facts, *((name, version) for name in _PARTS if (version := _version(name))))


def screen_facts() -> tuple[tuple[str, str], ...]:
    """The screens and their scaling; on the main thread."""
    return tuple(
        (
            f"Screen {number}",
            f"{screen.size().width()}x{screen.size().height()} at {screen.devicePixelRatio() * 100:.0f} %",
        )
        for number, screen in enumerate(QGuiApplication.screens(), 1)
    )


def write(diagnosis: Diagnosis) -> str:
    """The text."""
    lines = [f"{name}: {value}" for name, value in diagnosis.machine]
    devices = None if diagnosis.devices is None else [_device(device) for device in diagnosis.devices]
    lines += ["", "Devices", *_listed(devices)]
    lines += ["", "Stages", *_listed([_stage(check) for check in diagnosis.stages])]
    packs = None if diagnosis.packs is None else [_pack(pack) for pack in diagnosis.packs]
    lines += ["", "Models", *_listed(packs)]
    libraries = diagnosis.libraries
    lines += ["", "Libraries", *_listed(None if libraries is None else [_library(one) for one in libraries])]
    chosen = None if diagnosis.settings is None else asdict(diagnosis.settings)
    settings = None if chosen is None else [f"{name} = {value!r}" for name, value in chosen.items()]
    lines += ["", "Settings", *_listed(settings)]
    if diagnosis.problems:
        lines += ["", "Problems", *_listed(diagnosis.problems)]
    return without_home("\n".join(lines)) + "\n"


def without_home(text: str, home: Path | None = None) -> str:
    """The home folder as ~, however it is written."""
    folder = str(home or Path.home())
    for written in {folder, folder.replace("\\", "/"), folder.replace("\\", "\\\\")}:
        text = text.replace(written, "~")
    return text


def _listed(lines: Sequence[str] | None) -> list[str]:
    if lines is None:
        return ["  not known"]
    return [f"  {line}" for line in lines] or ["  none"]


def _device(device: DeviceInfo) -> str:
    took = f"{device.tiny_ms:.2f} ms" if device.tiny_ms is not None else f"does not work: {device.problem}"
    version = f"{device.provider} {device.version}".strip()
    emulated = ", emulated" if device.emulated else ""
    target = f", models for {device.target}" if device.target else ""
    return f"{device.kind}: {device.name} ({version}{emulated}{target}), {took}"


def _stage(check: StageCheck) -> str:
    ran = f"{check.provider} on {check.device}, {check.elapsed_ms:.0f} ms" if check.provider else "cannot run"
    asked = f" (asked for: {check.requested})" if check.requested else ""
    parts = (f"{check.stage}: {ran}{asked}", check.model, check.precision, str(check.reason))
    return " ".join(part for part in parts if part)


def _pack(pack: PackInfo) -> str:
    used = ", in use" if pack.in_use else ""
    problem = f", {pack.problem}" if pack.problem else ""
    return f"{pack.pack_id} {pack.version} ({pack.role}, {pack.size_bytes / 1e6:.0f} MB{used}{problem})"


def _library(info: LibraryInfo) -> str:
    return (
        f"{info.state}: {info.documents:,} documents, {info.failed:,} not readable, {info.passages:,} passages, "
        f"{info.pending:,} without vector, {info.size_bytes / 1e6:.1f} MB"
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except PackageNotFoundError:
        return ""
