"""Which packs the compiler refused, so that it is not tried again at every start: a small file beside the contexts.

A refusal holds for one build of a pack, one compiler and one recipe; with any of them changed, it is tried again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from rag_core.errors import ProviderUnavailable
from rag_core.messages import NOTHING, Message, from_data, to_data
from rag_core.paths import replace_file
from rag_core.runtime.npu.compiled import ContextStamp, expected_stamp
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import Target
from rag_core.runtime.pack import Pack


def remember_refusal(contexts_dir: Path, source: Pack, target: Target, reason: Message) -> None:
    with suppress(OSError, ProviderUnavailable):  # then it is tried again
        stamp = expected_stamp(source, target, RECIPE)
        path = _path(contexts_dir, source.id, target)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps({"stamp": asdict(stamp), "reason": to_data(reason)}).encode())


def forget_refusal(contexts_dir: Path, pack_id: str, target: Target) -> None:
    with suppress(OSError):  # then it is out of date all the same: what is prepared is looked at first
        _path(contexts_dir, pack_id, target).unlink(missing_ok=True)


def refusal(contexts_dir: Path, source: Pack, target: Target, expected: ContextStamp) -> Message:
    """Why the compiler refused it the last time; empty where that is not known or holds no more."""
    try:
        stored = json.loads(_path(contexts_dir, source.id, target).read_bytes())
        return from_data(stored["reason"]) if stored["stamp"] == asdict(expected) else NOTHING
    except (OSError, ValueError, LookupError, TypeError):
        return NOTHING


def _path(contexts_dir: Path, pack_id: str, target: Target) -> Path:
    return contexts_dir / pack_id / f"{target.id}.refused.json"
