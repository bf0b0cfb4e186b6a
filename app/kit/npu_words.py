"""Words for what takes a computer with an NPU some minutes, once."""

from __future__ import annotations

from app.kit.text import tr


def preparing_for_npu(done: int, total: int | None) -> str:
    """How far the models are made ready, in a line."""
    if not total:
        return tr("Preparing the models for the NPU…")
    return tr("Preparing the models for the NPU… {done} of {total}", done=done, total=total)
