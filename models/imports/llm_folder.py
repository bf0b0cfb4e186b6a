"""Reading a model folder that others made: nothing in it is trusted, and what is wrong is said in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rag_core.errors import UserError

CONFIG = "genai_config.json"


def not_usable(folder: Path, reason: str, advice: str = "") -> UserError:
    return UserError(
        f"{folder} cannot be imported as a language model: {reason}.",
        advice
        or "Choose a folder that was exported for onnxruntime-genai (it holds genai_config.json and model.onnx).",
    )


def safe_name(folder: Path, name: str) -> str:
    """`name` with forward slashes, if it is a file inside `folder`."""
    path = Path(name)
    if path.is_absolute() or path.drive or ".." in path.parts:
        raise not_usable(folder, f"it names a file outside of itself ({name})")
    if not (folder / path).is_file():
        raise not_usable(folder, f"the file {name} is missing", "Copy the whole folder again.")
    return path.as_posix()


def read_json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    if not path.is_file():
        raise not_usable(folder, f"it has no {name}")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise not_usable(folder, f"its {name} is damaged ({error})", "Copy the folder again.") from error
    if not isinstance(stored, dict):
        raise not_usable(folder, f"its {name} does not hold what is expected")
    return stored


def positive(folder: Path, model: dict[str, Any], key: str) -> int:
    value = model.get(key)
    if not isinstance(value, int) or value <= 0:
        raise not_usable(folder, f"its {CONFIG} does not say its {key}")
    return value
