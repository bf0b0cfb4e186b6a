"""Providers that are measured already, kept until the comparison is whole: stopping it loses one provider at most."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag_core.bench.compare.machine import Machine
from rag_core.bench.compare.records import ProviderRun, Work
from rag_core.errors import UserError
from rag_core.runtime.pack import list_packs
from rag_core.settings import Settings, read_object, write_object


class KeptRuns:
    """What stands in `path`, as far as it is of the same work, day, machine, settings and models."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self.runs = {run.provider.id: run for run in self._load()}

    def keep(self, run: ProviderRun) -> None:
        """Raises StorageFull."""
        self.runs[run.provider.id] = run
        write_object({"key": self._key, "runs": [run.as_json() for run in self.runs.values()]}, self._path)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)

    def _load(self) -> Sequence[ProviderRun]:
        try:
            stored = read_object(self._path)
            return [ProviderRun.from_json(run) for run in stored["runs"]] if stored.get("key") == self._key else []
        except (UserError, KeyError, TypeError, AttributeError):
            return []  # damaged: it is measured again, which is all that is lost


def key_of(work: Work, machine: Machine, settings: Settings, packs_dir: Path) -> str:
    packs = [(pack.id, pack.sha256) for pack in list_packs(packs_dir)]
    parts: dict[str, Any] = {"work": asdict(work), "settings": asdict(settings), "packs": packs}
    parts["machine"] = [machine.processor, machine.system, machine.alcove, dict(machine.versions), machine.date]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
