"""`config.json`: what the reader is trained on, and how. Each file of data has its SHA-256 and its licence there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_core.errors import UserError
from rag_core.runtime.pack import hash_file

CONFIG = Path(__file__).parents[2] / "recipes" / "reader" / "config.json"


@dataclass(frozen=True, slots=True)
class Data:
    """One file. `source` is where it came from, with the commit where there is one."""

    name: str
    file: str
    sha256: str
    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What is read up to the step `until`, and how. `training` is what `models.training.reader.training.Config` takes;
    `processes` share its work, each with batches of its own.

    A question set is taken `shares` times (once where it is not named). Claims: `fool_me_twice_rounds` times the varied
    claims of that set's training split, at most so many of each set in `published`, and `made` (None: all) of the
    sentences made from spans.
    """

    until: int
    processes: int
    training: dict[str, Any]
    shares: dict[str, float]
    fool_me_twice_rounds: int
    published: dict[str, int]
    made: int | None


@dataclass(frozen=True, slots=True)
class Settings:
    """`max_tokens` of a pair in training. Sentences are made from the spans of the sets `made_from`."""

    max_tokens: int
    made_from: tuple[str, ...]
    stages: tuple[Stage, ...]
    data: tuple[Data, ...]


def read_settings(path: Path = CONFIG) -> Settings:
    """Raises ValueError, KeyError or TypeError for a file that is not laid out so."""
    stored = json.loads(path.read_bytes())
    return Settings(
        max_tokens=stored["max_tokens"],
        made_from=tuple(stored["made_from"]),
        stages=tuple(Stage(**stage) for stage in stored["stages"]),
        data=tuple(Data(**entry) for entry in stored["data"]),
    )


class DataFiles:
    """The files of data in some folders. Each is compared with its pin when it is first asked for."""

    def __init__(self, data: Sequence[Data], folders: Sequence[Path]) -> None:
        self._data = {entry.name: entry for entry in data}
        self._folders = folders
        self._proven: dict[str, Path] = {}

    def path(self, name: str) -> Path:
        """Raises UserError where the file is missing or another one."""
        if name not in self._proven:
            entry = self._data[name]
            found = next((folder / entry.file for folder in self._folders if (folder / entry.file).is_file()), None)
            if found is None:
                raise UserError(f"{entry.file} is missing.", f"Get it from {entry.source} (README.md tells how).")
            if hash_file(found) != entry.sha256:
                raise UserError(f"{found} is not the file that the reader was trained on.", f"See {entry.source}.")
            self._proven[name] = found
        return self._proven[name]
