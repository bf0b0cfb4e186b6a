"""`alcove doctor`: what is there, what is wrong, and what to do about it."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator
from dataclasses import asdict

from rag_core import __version__
from rag_core.cli import DONE, FAILED, PREPARE_COMMAND, with_command
from rag_core.cli.opening import data_dir_of, open_engine, settings_of
from rag_core.cli.output import Output
from rag_core.engine.health import RETRY, Check, check_machine
from rag_core.errors import RagError
from rag_core.library.library import Library
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import list_devices
from rag_core.runtime.pack import PREPARE
from rag_core.runtime.places import PREPARE_FOR_NPU
from rag_core.runtime.profile import STAGE as PROBE
from rag_core.runtime.profile import Profile, profile_devices

_DEVICES = ["", "device", "provider", "emulated", "ms", "models are prepared for"]
_RETRY_COMMAND = "alcove doctor --retry-devices"
_COMMANDS_BY_ADVICE = {RETRY: _RETRY_COMMAND, PREPARE_FOR_NPU: "alcove packs compile"}
_COMMANDS = {
    "unreadable files": "alcove list, then alcove add --retry FOLDER",
    "passages without vector": "alcove add FOLDER",
    "embedding model": "alcove add --rebuild FOLDER",
}


def doctor(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    breaker = Breaker(data_dir_of(arguments).device_file)
    if arguments.retry_devices:
        breaker.retry()
    devices = profile_devices(list_devices(), data_dir_of(arguments).device_file)
    checks = list(_checks(arguments))
    healthy = all(check.ok for check in checks)
    output.document(
        {
            "version": 1,
            "healthy": healthy,
            "devices": [asdict(device) for device in devices],
            "checks": [asdict(check) for check in checks],
        }
    )
    output.table(_DEVICES, [_row(device) for device in devices])
    for device in devices:
        if device.problem:
            retry = with_command(RETRY, _RETRY_COMMAND) if breaker.blocked(device.provider, PROBE) else ""
            output.text(f"{device.name}: {device.problem} {retry}".rstrip())
    output.table(["", "check", "found"], [["ok" if c.ok else "!!", c.name, c.found] for c in checks])
    for check in checks:
        if not check.ok or check.advice == PREPARE:
            output.text(f"{check.name}: {with_command(check.advice, _command_for(check))}")
    return DONE if healthy else FAILED


def _row(device: Profile) -> list[str]:
    """Of the table of devices; what a device did not do has no time."""
    taken = "" if device.tiny_ms is None else f"{device.tiny_ms:.3g}"
    provider = f"{device.provider} {device.version}".strip()
    return [device.kind, device.name, provider, "yes" if device.emulated else "", taken, device.target]


def _command_for(check: Check) -> str:
    if check.advice in _COMMANDS_BY_ADVICE:
        return _COMMANDS_BY_ADVICE[check.advice]
    return PREPARE_COMMAND if check.name.startswith("pack ") else _COMMANDS.get(check.name, "")


def _checks(arguments: argparse.Namespace) -> Iterator[Check]:
    data_dir = data_dir_of(arguments)
    yield Check("alcove", True, f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield Check("data folder", True, str(data_dir.root))
    yield from check_machine(data_dir, settings_of(arguments))
    if not Library(data_dir, arguments.library).exists:
        yield Check(f"library {arguments.library}", True, "does not exist yet")
        return
    try:
        with open_engine(arguments, read_only=True) as engine:
            yield from engine.health()
    except RagError as error:
        yield Check(f"library {arguments.library}", False, str(error), getattr(error, "advice", ""))
