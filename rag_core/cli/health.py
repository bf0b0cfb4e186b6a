"""`alcove doctor`: what is there, what is wrong, and what to do about it."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator
from dataclasses import asdict

from rag_core import __version__
from rag_core.cli import DONE, FAILED
from rag_core.cli.opening import data_dir_of, open_engine, settings_of
from rag_core.cli.output import Cell, Output
from rag_core.cli.words import number
from rag_core.engine.health import RETRY, Check, check_machine, told_of
from rag_core.errors import RagError
from rag_core.library.library import Library
from rag_core.messages import NOTHING, joined, literal, say
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import in_words, list_devices
from rag_core.runtime.pack import PREPARE
from rag_core.runtime.profile import STAGE as PROBE
from rag_core.runtime.profile import Profile, profile_devices

_DEVICES = ("", say("column-device"), say("column-provider"), say("column-emulated"), "ms", say("column-prepared-for"))


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
            retry = RETRY if breaker.blocked(device.provider, PROBE) else NOTHING
            output.text(say("of-this", name=in_words(device.name), what=joined((literal(device.problem), retry))))
    output.table(
        ["", say("column-check"), say("column-found")], [["ok" if c.ok else "!!", c.name, c.found] for c in checks]
    )
    for check in checks:
        if not check.ok or check.advice == PREPARE:
            output.text(say("of-this", name=check.name, what=check.advice))
    return DONE if healthy else FAILED


def _row(device: Profile) -> list[Cell]:
    """Of the table of devices; what a device did not do has no time."""
    taken = "" if device.tiny_ms is None else number(device.tiny_ms, ".3g")
    provider = f"{device.provider} {device.version}".strip()
    return [device.kind, in_words(device.name), provider, say("yes") if device.emulated else "", taken, device.target]


def _checks(arguments: argparse.Namespace) -> Iterator[Check]:
    data_dir, library = data_dir_of(arguments), say("check-library", name=arguments.library)
    about = f"{__version__}, Python {platform.python_version()}, {platform.platform()}"
    yield Check(literal("alcove"), True, literal(about))
    yield Check(say("check-data-folder"), True, literal(str(data_dir.root)))
    yield from check_machine(data_dir, settings_of(arguments))
    if not Library(data_dir, arguments.library).exists:
        yield Check(library, True, say("library-absent"))
        return
    try:
        with open_engine(arguments, read_only=True) as engine:
            yield from engine.health()
    except RagError as error:
        yield Check(library, False, *told_of(error))
