"""What is told of libraries. Light: the window imports this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from rag_core.messages import NOTHING, Message, say
from rag_core.settings import Value

LibraryState = Literal["ready", "unfinished", "locked", "rebuild", "too_new", "damaged"]

LEFT_OUT = say("left-out")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was added. `in_sync`: changes in it reach the library by themselves."""

    path: Path
    in_sync: bool = True


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """What holds for one library alone. `overrides`, by name, stand over the general settings; `folders` are what the
    person added, `left_out` files and folders that they removed: a folder around them does not bring them back.
    """

    overrides: Mapping[str, Value] = field(default_factory=dict)
    folders: tuple[Folder, ...] = ()
    left_out: tuple[Path, ...] = ()

    def with_overrides(self, **values: Value | None) -> LibrarySettings:
        """A copy in which these hold too; None takes the general setting again."""
        chosen = {**self.overrides, **values}
        return replace(self, overrides={name: value for name, value in chosen.items() if value is not None})


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """A library as the list shows it. "unfinished": some passages still wait for their vector.

    `documents` are files that were read, `failed` those that could not be; `reason` says why it cannot be used.
    """

    name: str
    folder: Path
    documents: int = 0
    failed: int = 0
    passages: int = 0
    pending: int = 0
    size_bytes: int = 0
    state: LibraryState = "ready"
    reason: Message = NOTHING
