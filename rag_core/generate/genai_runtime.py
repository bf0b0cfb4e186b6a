"""onnxruntime-genai itself: loaded quietly, its models opened on the processor, or where their graphs must run."""

from __future__ import annotations

import json
from typing import Any

from rag_core.errors import MemoryDenied, PackCorrupt, ProviderUnavailable
from rag_core.messages import say
from rag_core.runtime.devices import real_cores
from rag_core.runtime.places import Place
from rag_core.runtime.plugins import QNN, plugin_of

# In a pack's spec: what its graphs are, where they are several that run one after the other ("decoder-pipeline").
PIPELINE = "pipeline"

# Each token is some 400 small steps that all threads wait for; beyond this many they mostly wait.
_MOST_THREADS = 8


def load_runtime() -> Any:
    """onnxruntime_genai, which costs start-up time: imported when it is wanted. `rag_core` has silenced it."""
    import onnxruntime_genai

    return onnxruntime_genai


def open_model(genai: Any, place: Place) -> Any:
    """With one thread per real core, 8 at most, where the place does not say how many.

    Raises PackCorrupt when the runtime refuses the model, MemoryDenied when there is not enough memory,
    ProviderUnavailable when it opens the model elsewhere.
    """
    pack, provider = place.pack, place.device.provider
    is_pipeline = PIPELINE in pack.manifest.spec
    if provider == QNN:
        _provide_npu(genai)
    try:
        config = genai.Config(str(pack.root))
        if not is_pipeline:  # its stages name their providers, and run on no other
            config.clear_providers()  # the processor, whatever the folder was made for
        options = {"intra_op_num_threads": place.threads or min(real_cores(), _MOST_THREADS)}
        config.overlay(json.dumps({"model": {"decoder": {"session_options": options}}}))
        model = genai.Model(config)
    except MemoryError as error:
        raise no_memory(pack.id) from error
    except RuntimeError as error:
        raise PackCorrupt(say("model-not-loadable", pack=pack.id, error=str(error)), say("make-pack-again")) from error
    opened_on = f"{model.device_type.upper()}ExecutionProvider"
    if not is_pipeline and opened_on != provider:
        raise ProviderUnavailable(say("opened-elsewhere", pack=pack.id, where=opened_on, device=place.device.spoken))
    return model


def _provide_npu(genai: Any) -> None:
    """Make the NPU's provider known to onnxruntime-genai, which keeps its own list of them, apart from ONNX Runtime's.
    Raises ProviderUnavailable.
    """
    plugin = plugin_of(QNN)
    assert plugin is not None, "it stands in the table"
    try:
        genai.register_execution_provider_library(QNN, str(plugin.loaded().get_library_path()))
    except RuntimeError as error:
        if "already registered" not in str(error):
            facts = {"package": "onnxruntime-qnn", "error": str(error)}
            raise ProviderUnavailable(say("plugin-not-loading", title=say("npu-runtime"), **facts)) from error


def no_memory(pack_id: str) -> MemoryDenied:
    return MemoryDenied(say("no-memory-for-model", pack=pack_id), say("close-programs-or-smaller-model"))
