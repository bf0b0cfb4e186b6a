"""What a person may set. One frozen description with honest defaults; `null` in the file means the default."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from rag_core.errors import StorageFull, UserError
from rag_core.paths import replace_file


@dataclass(frozen=True, slots=True)
class Settings:
    """0 takes what suits the device that does the work, or the model: `engine.suited` decides."""

    chunk_tokens: int = 0  # length of a passage; a library keeps the one that it was made with
    candidate_k: int = 50
    top_k: int = 0  # passages that are kept for a question
    rrf_k: int = 60
    relevance_threshold: float = 0.5
    max_new_tokens: int = 0  # longest answer
    evidence_tokens: int = 0  # what a prompt may hold of the passages
    threads: int = 0  # 0: as many as the machine has real cores
    execution_provider: str = "auto"
    embedder: str = ""  # pack ids; empty: the first that is installed
    reader: str = ""
    llm: str = ""
    parse_timeout_s: float = 120.0
    parse_memory_bytes: int = 2 * 1024**3
    max_file_bytes: int = 512 * 1024**2
    max_text_chars: int = 64 * 1024**2

    def with_overrides(self, **overrides: Any) -> Settings:
        """A copy with every override that is not None."""
        return replace(self, **{name: value for name, value in overrides.items() if value is not None})


@dataclass(frozen=True, slots=True)
class InEffect:
    """What settings of 0 come to, here and now. 0 where it is not known."""

    chunk_tokens: int = 0
    top_k: int = 0
    evidence_tokens: int = 0
    max_new_tokens: int = 0


def load(path: Path) -> Settings:
    """Read `path`; a missing file gives the defaults. Raises UserError for a damaged file or a wrong type."""
    stored = read_object(path)
    known = {field.name: getattr(Settings(), field.name) for field in fields(Settings)}
    chosen: dict[str, Any] = {}
    for name, value in stored.items():
        if name not in known or value is None:
            continue
        wanted = type(known[name])
        if isinstance(value, bool) or not isinstance(value, (int, float) if wanted is float else wanted):
            raise UserError(
                f"The setting “{name}” in {path} has the value {value!r}, which is not a {wanted.__name__}.",
                "Correct it, or delete the line.",
            )
        chosen[name] = wanted(value)
    return Settings(**chosen)


def save(settings: Settings, path: Path) -> None:
    """Write crash-safely. Raises UserError where that is not possible."""
    write_object(asdict(settings), path)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; empty where there is no file. Raises UserError for a damaged file."""
    if not path.exists():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise UserError(
            f"The settings file {path} cannot be read ({error}).", "Repair it, or delete it to go back to the defaults."
        ) from error
    if not isinstance(stored, dict):
        raise UserError(f"The settings file {path} does not hold settings.", "Delete it to go back to the defaults.")
    return stored


def write_object(value: dict[str, Any], path: Path) -> None:
    """The reverse, crash-safely. Raises StorageFull, after which the old file stands."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(value, indent=2, ensure_ascii=False).encode())
    except OSError as error:
        raise StorageFull(
            f"The settings could not be saved in {path} ({error.strerror or error}).",
            "Check the permissions of the folder and the free space, then try again.",
        ) from error
