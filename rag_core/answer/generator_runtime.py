"""onnxruntime-genai itself: loaded quietly, its models opened on the processor."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

from rag_core.errors import MemoryDenied, PackCorrupt
from rag_core.runtime.pack import Pack

# Each token is some 400 small steps that all threads wait for; beyond this many they mostly wait.
_MOST_THREADS = 8


def load_runtime() -> Any:
    """onnxruntime_genai, which costs start-up time: imported when it is wanted. `rag_core` has silenced it."""
    import onnxruntime_genai

    return onnxruntime_genai


def open_model(genai: Any, pack: Pack, threads: int) -> Any:
    """`threads` 0 means one per real core, 8 at most.

    Raises PackCorrupt when the runtime refuses the model, MemoryDenied when there is not enough memory.
    """
    try:
        config = genai.Config(str(pack.root))
        config.clear_providers()  # the processor, whatever the folder was made for; `provider` says what came of it
        options = {"intra_op_num_threads": threads or min(_real_cores(), _MOST_THREADS)}
        config.overlay(json.dumps({"model": {"decoder": {"session_options": options}}}))
        return genai.Model(config)
    except MemoryError as error:
        raise no_memory(pack.id) from error
    except RuntimeError as error:
        raise PackCorrupt(
            f"The model “{pack.id}” cannot be loaded: {error}", "Build or import the pack again."
        ) from error


def return_free_memory() -> None:
    """Give memory that was freed back to the system, where the C library keeps it for later (glibc: 170 MB of 230)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none, and keeps none
        if trim is not None:
            trim(0)


def provider_name(device_type: str) -> str:
    """The execution provider's name, as the rest of the program spells it."""
    return f"{device_type.upper()}ExecutionProvider"


def no_memory(pack_id: str) -> MemoryDenied:
    return MemoryDenied(
        f"There is not enough memory for the model “{pack_id}”.", "Close other programs, or use a smaller model."
    )


def _real_cores() -> int:
    import psutil

    return psutil.cpu_count(logical=False) or os.cpu_count() or 1
