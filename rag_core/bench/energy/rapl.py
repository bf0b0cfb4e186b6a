"""Linux: the energy counters of the processor (RAPL, on Intel and AMD), as the kernel's powercap folder shows them.

Only whole packages are counted, and the platform counter (psys) where there is one: cores, graphics and memory
controller lie inside the package. `intel-rapl-mmio` shows the same package a second time and counts only alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path

from rag_core.bench.energy.meter import MeterFailed, Source

_TOP = re.compile(r"(?P<control>[a-z-]*rapl[a-z-]*):\d+")  # "intel-rapl:0" is a package, "intel-rapl:0:1" a part of it


class AdministratorOnly(MeterFailed):
    """Most systems keep these counters from everyone else, because they tell about other programs."""


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
            raise MeterFailed(f"The counter of {name} stands at zero: it does not count here.")

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


def find_rapl_meters(sys_root: Path) -> tuple[tuple[RaplMeter, ...], tuple[str, ...]]:
    """The counters that can be read, and why others cannot."""
    folder = sys_root / "class" / "powercap"
    try:
        domains = _domains(folder)
    except FileNotFoundError:
        return (), (f"RAPL: this system has no energy counters of the processor ({folder} is absent).",)
    except (MeterFailed, OSError) as failure:
        return (), (f"RAPL: {folder} cannot be read ({failure}).",)
    packages = [path for path, name in domains if name.startswith("package")]
    platform = [path for path, name in domains if name == "psys"]
    meters: list[RaplMeter] = []
    notes: list[str] = []
    if not packages:
        notes.append(f"RAPL: {folder} has no counter of a whole processor package.")
    for name, covers, paths in (
        ("RAPL package counters", "processor package", packages),
        ("RAPL platform counter", "platform, as far as its maker connected it (psys)", platform),
    ):
        try:
            if paths:
                meters.append(RaplMeter(name, covers, paths))
        except AdministratorOnly:
            notes.append(f"RAPL: {folder} exists but may be read by the administrator only ({name}).")
        except MeterFailed as failure:
            notes.append(f"RAPL: {failure}")
    return tuple(meters), tuple(notes)


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
        raise MeterFailed(f"{path} holds {text!r}, not a number.") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except PermissionError as error:
        raise AdministratorOnly(f"{path} may be read by the administrator only.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise MeterFailed(f"{path} cannot be read ({error}).") from error
