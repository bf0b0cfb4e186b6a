"""The libraries of a data folder: which there are, what each is set to, and which folders it follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LibraryState = Literal["ready", "unfinished", "locked", "rebuild", "too_new", "damaged"]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was added. `in_sync`: changes in it reach the library by themselves."""

    path: Path
    in_sync: bool = True


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """What holds for one library alone; None takes the general setting. `folders` are what the person added."""

    top_k: int | None = None
    relevance_threshold: float | None = None
    chunk_tokens: int | None = None
    folders: tuple[Folder, ...] = ()


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """A library as the list shows it. "unfinished": some passages still wait for their vector."""

    name: str
    folder: Path
    documents: int = 0
    failed: int = 0
    passages: int = 0
    pending: int = 0
    size_bytes: int = 0
    state: LibraryState = "ready"
    reason: str = ""
