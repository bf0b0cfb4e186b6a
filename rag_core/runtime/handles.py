"""ONNX Runtime's own sessions, opened so that nothing falls back in silence."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from rag_core.errors import PackCorrupt, ProviderUnavailable
from rag_core.messages import Message, literal, say
from rag_core.runtime.devices import CPU, Device, real_cores
from rag_core.runtime.node_assignment import RECORD
from rag_core.runtime.npu.compiled import COMPILED, SHARED
from rag_core.runtime.npu.targets import Target
from rag_core.runtime.options import provider_options
from rag_core.runtime.pack import Graph, Pack
from rag_core.runtime.plugins import runtime_errors
from rag_core.runtime.watchdog import the_watchdog

# Rewritings of a graph that ONNX Runtime would do and that do harm. SkipLayerNorm: its CPU kernel is 8 times slower
# than the residual sum and the layer norm apart (0.35 ms against 0.04 ms for 180 tokens of 384 values), because it is
# not vectorised. GatherToSlice: makes a Slice with a scalar start, which then fails when it is run (1.31.1).
_HARMFUL_FUSIONS = ["SkipLayerNormFusion", "GatherToSliceFusion"]

_LOAD_LIMIT_S, _COMPILE_LIMIT_S = 120.0, 1800.0  # after which a driver hangs


def _session_options(threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised, and a cancelled run is no error
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads or real_cores()
    options.add_session_config_entry("session.force_spinning_stop", "1")  # an idle laptop stays cool between runs
    options.add_session_config_entry(RECORD, "1")
    options.enable_mem_pattern = False  # patterns are kept for every shape ever seen, and texts have many lengths
    return options


def processor_handle(pack: Pack, graph: Graph, threads: int) -> Any:
    import onnxruntime

    options, path = _session_options(threads), str(pack.path_of(graph.path))
    try:
        return onnxruntime.InferenceSession(path, options, providers=[CPU], disabled_optimizers=_HARMFUL_FUSIONS)
    except runtime_errors() as error:
        raise PackCorrupt(
            say("graph-not-openable", graph=graph.name, pack=pack.id, error=str(error)), say("make-pack-again")
        ) from error


def accelerator_handle(pack: Pack, graph: Graph, device: Device, target: Target | None, threads: int) -> Any:
    """Without the silent fallbacks of ONNX Runtime: to the processor for a part, and of its Python for the whole."""
    import onnxruntime

    spec = pack.manifest.spec
    if device.emulated and spec.get(SHARED):  # it does not refuse them, it ends the process
        raise ProviderUnavailable(say("device-shares-no-weights", device=device.spoken_first))
    options, path = _session_options(threads), str(pack.path_of(graph.path))
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    if COMPILED in spec:
        options.add_session_config_entry("session.disable_model_compile", "1")
    if spec.get(SHARED):
        options.add_session_config_entry("ep.share_ep_contexts", "1")
    options.add_provider_for_devices([device.handle], provider_options(device, target))

    def open_it() -> Any:
        with _told_on_standard_error() if device.emulated else nullcontext():
            return onnxruntime.InferenceSession(path, options, enable_fallback=0)

    try:
        return the_watchdog().run(
            open_it,
            lambda: options.set_load_cancellation_flag(True),
            _LOAD_LIMIT_S if COMPILED in spec else _COMPILE_LIMIT_S,
            device.spoken_first,
        )
    except native_failures() as error:
        why = _plain_refusal(error)
        raise ProviderUnavailable(
            say("device-refused-graph", device=device.spoken_first, graph=graph.name, why=why)
        ) from error


def native_failures() -> tuple[type[Exception], ...]:
    """What native code of an accelerator raises when it goes wrong."""
    return (*runtime_errors(), RuntimeError, MemoryError)


def _plain_refusal(error: Exception) -> Message:
    """What the refusals mean that are known."""
    text = str(error)
    if "fallback to CPU EP has been explicitly disabled" in text:
        return say("it-has-other-parts")
    if "CREATE_FROM_BINARY" in text or "contextCreateFromBinary" in text:
        return say("it-is-for-other-driver", error=first_line(error))
    return literal(as_sentence(first_line(error)))


def as_sentence(text: str) -> str:
    """With a full stop: other sentences follow, and drivers end theirs as they like."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def first_line(error: Exception) -> str:
    """Without ONNX Runtime's own prefix, "[ONNXRuntimeError] : 1 : FAIL : "."""
    text = str(error).strip().split("\n")[0]
    return text.split(" : ", 3)[-1] if text.startswith("[ONNXRuntimeError]") else text


@contextmanager
def _told_on_standard_error() -> Iterator[None]:
    """The emulator prints a line about itself on standard output, which belongs to what the program has to say. It does
    so into a buffer of the C library, which would be written whenever that is full.
    """
    c_library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    try:
        kept = os.dup(1)
    except OSError:  # a program without a console has none
        yield
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        c_library.fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
