"""Linux: the energy counters of the processor (RAPL, on Intel and AMD), as the kernel's powercap folder shows them.

Only whole packages are counted, and the platform counter (psys) where there is one: cores, graphics and memory
controller lie inside the package. `intel-rapl-mmio` shows the same package a second time and counts only alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path

from rag_core.bench.energy.meter import MeterFailed, Source, unreadable
from rag_core.messages import Message, say

_TOP = re.compile(r"(?P<control>[a-z-]*rapl[a-z-]*):\d+")  # "intel-rapl:0" is a package, "intel-rapl:0:1" a part of it


class RaplMeter:
    """The sum of some domains' counters, followed over their starts from zero."""

    source: Source = "rapl"

    def __init__(self, name: str, covers: str, domains: Sequence[Path]) -> None:
        self.name, self.covers = name, covers
        self._domains = tuple(domains)
        self._lock = threading.Lock()
        self._counted_uj = 0
        self._ranges_uj = [_number(domain / "max_energy_range_uj") for domain in self._domains]
        self._last_uj = self._read()
        if 0 in self._last_uj:
            raise MeterFailed(say("meter-at-zero", name=name))

    def joules(self) -> float:
        with self._lock:
            now_uj = self._read()
            for now, last, range_uj in zip(now_uj, self._last_uj, self._ranges_uj, strict=True):
                self._counted_uj += now - last if now >= last else now + range_uj - last
            self._last_uj = now_uj
            return self._counted_uj / 1e6

    def close(self) -> None:
        """Nothing is held between readings."""

    def _read(self) -> list[int]:
        return [_number(domain / "energy_uj") for domain in self._domains]


def find_rapl_meters(sys_root: Path) -> tuple[tuple[RaplMeter, ...], tuple[Message, ...]]:
    """The counters that can be read, and why others cannot."""
    folder = sys_root / "class" / "powercap"
    try:
        domains = _domains(folder)
    except FileNotFoundError:
        return (), (_absent(say("no-counters", folder=str(folder))),)
    except (MeterFailed, OSError) as failure:
        return (), (_absent(unreadable(folder, failure).message),)
    packages = [path for path, name in domains if name.startswith("package")]
    platform = [path for path, name in domains if name == "psys"]
    meters: list[RaplMeter] = []
    notes: list[Message] = []
    if not packages:
        notes.append(_absent(say("no-package-counter", folder=str(folder))))
    for name, covers, paths in (
        ("RAPL package counters", "processor package", packages),
        ("RAPL platform counter", "platform, as far as its maker connected it (psys)", platform),
    ):
        try:
            if paths:
                meters.append(RaplMeter(name, covers, paths))
        except MeterFailed as failure:
            notes.append(_absent(failure.whole))
    return tuple(meters), tuple(notes)


def _absent(why: Message) -> Message:
    return say("meter-absent", meter="RAPL", why=why)


def _domains(folder: Path) -> list[tuple[Path, str]]:
    """Each outermost domain with its name."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for path in sorted(folder.iterdir()):
        match = _TOP.fullmatch(path.name)
        if match:
            found.setdefault(match["control"], []).append((path, _text(path / "name")))
    mirrored = found.pop("intel-rapl-mmio", [])
    domains = [domain for control in found.values() for domain in control]
    if any(name.startswith("package") for _, name in domains):
        return domains
    return domains + mirrored


def _number(path: Path) -> int:
    text = _text(path)
    try:
        return int(text)
    except ValueError as error:
        raise MeterFailed(say("not-a-number", where=str(path), text=repr(text))) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except PermissionError as error:
        raise MeterFailed(say("administrator-only", what=str(path))) from error  # they tell about other programs
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
