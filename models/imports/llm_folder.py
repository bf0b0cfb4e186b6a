"""Reading a model folder that others made: nothing in it is trusted, and what is wrong is said in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rag_core.errors import UserError
from rag_core.messages import Message, say

CONFIG = "genai_config.json"


def not_usable(folder: Path, reason: Message, advice: Message | None = None) -> UserError:
    return UserError(say("llm-not-usable", folder=str(folder), reason=reason), advice or say("choose-genai-folder"))


def safe_name(folder: Path, name: str) -> str:
    """`name` with forward slashes, if it is a file inside `folder`."""
    path = Path(name)
    if path.is_absolute() or path.drive or ".." in path.parts:
        raise not_usable(folder, say("it-names-file-outside", name=name))
    if not (folder / path).is_file():
        raise not_usable(folder, say("file-is-missing", name=name), say("copy-whole-folder-again"))
    return path.as_posix()


def read_json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    if not path.is_file():
        raise not_usable(folder, say("it-has-no", what=name))
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise not_usable(
            folder, say("its-file-damaged", name=name, error=str(error)), say("copy-folder-again")
        ) from error
    if not isinstance(stored, dict):
        raise not_usable(folder, say("its-file-unexpected", name=name))
    return stored


def positive(folder: Path, model: dict[str, Any], key: str) -> int:
    value = model.get(key)
    if not isinstance(value, int) or value <= 0:
        raise not_usable(folder, say("its-file-lacks", name=CONFIG, key=key))
    return value
