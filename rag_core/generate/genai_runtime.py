"""onnxruntime-genai itself: loaded quietly, its models opened on the processor, or where their graphs must run."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

from rag_core.errors import MemoryDenied, PackCorrupt, ProviderUnavailable
from rag_core.runtime.devices import list_devices
from rag_core.runtime.pack import Pack
from rag_core.runtime.plugins import QNN, plugin_of

# In a pack's spec: what its graphs are, where they are several that run one after the other ("decoder-pipeline").
PIPELINE = "pipeline"

# Each token is some 400 small steps that all threads wait for; beyond this many they mostly wait.
_MOST_THREADS = 8


def load_runtime() -> Any:
    """onnxruntime_genai, which costs start-up time: imported when it is wanted. `rag_core` has silenced it."""
    import onnxruntime_genai

    return onnxruntime_genai


def open_model(genai: Any, pack: Pack, threads: int) -> Any:
    """`threads` 0 means one per real core, 8 at most.

    Raises PackCorrupt when the runtime refuses the model, MemoryDenied when there is not enough memory,
    ProviderUnavailable when it is made for an NPU that is not there.
    """
    is_pipeline = PIPELINE in pack.manifest.spec
    if is_pipeline and QNN in pack.manifest.graphs[0].providers:
        _provide_npu(genai, pack)
    try:
        config = genai.Config(str(pack.root))
        if not is_pipeline:  # its stages name their providers, and run on no other
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


def _provide_npu(genai: Any, pack: Pack) -> None:
    """Make the NPU's provider known to onnxruntime-genai, which keeps its own list of them, apart from ONNX Runtime's.

    Raises ProviderUnavailable where there is no real NPU: opening its graphs elsewhere may end the process.
    """
    inventory = list_devices()
    npu = inventory.first(QNN)
    plugin = plugin_of(QNN)
    if npu is None or npu.kind != "npu" or npu.emulated or plugin is None:
        missing = " ".join(
            [f"The model “{pack.id}” runs on Qualcomm's NPU alone, which is not here.", *inventory.notes]
        )
        raise ProviderUnavailable(missing, "Choose another language model.")
    try:
        genai.register_execution_provider_library(QNN, str(plugin.loaded().get_library_path()))
    except RuntimeError as error:
        if "already registered" not in str(error):
            raise ProviderUnavailable(f"The NPU's runtime does not load: {error}") from error


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
