"""Opens a pack's graph on a device, and proves where it runs.

ONNX Runtime answers a request for a missing provider with a CPU session and only a warning. So what was got is compared
with what was asked for, an accelerator session may not fall back silently, and the difference is told in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_core.errors import Cancelled, PackCorrupt, ProviderUnavailable
from rag_core.progress import CancelToken
from rag_core.runtime.devices import (
    CPU,
    PLAIN_NAMES,
    QNN,
    Device,
    list_devices,
    provider_options,
    providers_for,
    real_cores,
    runtime_errors,
)
from rag_core.runtime.pack import Graph, Pack, verify

Array = npt.NDArray[Any]

# Rewritings of a graph that ONNX Runtime would do and that do harm. SkipLayerNorm: its CPU kernel is 8 times slower
# than the residual sum and the layer norm apart (0.35 ms against 0.04 ms for 180 tokens of 384 values), because it is
# not vectorised. GatherToSlice: makes a Slice with a scalar start, which then fails when it is run (1.31.1).
_HARMFUL_FUSIONS = ["SkipLayerNormFusion", "GatherToSliceFusion"]


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """An input or output of a graph. A dimension that is not fixed is None."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class Session:
    """A graph that is open on `provider`. `reason` is empty when that is the first choice of `requested`.

    `run` may be called from several threads at a time.
    """

    def __init__(self, handle: Any, graph: Graph, provider: str, requested: str, reason: str, device: str) -> None:
        self._handle = handle
        self._errors = runtime_errors()
        self.graph = graph
        self.provider = provider
        self.requested = requested
        self.reason = reason
        self.device = device
        self.inputs = tuple(_tensor(info) for info in handle.get_inputs())
        self.outputs = tuple(_tensor(info) for info in handle.get_outputs())

    def run(self, feeds: Mapping[str, Array], cancel: CancelToken | None = None) -> list[Array]:
        """All outputs, in the graph's order. Cancelling ends a running graph within milliseconds: raises Cancelled."""
        if cancel is None:
            return self._run(feeds, None)
        import onnxruntime

        options = onnxruntime.RunOptions()
        forget = cancel.on_cancel(lambda: setattr(options, "terminate", True))
        try:
            cancel.raise_if_cancelled()
            return self._run(feeds, options)
        except self._errors as error:
            if cancel.cancelled:
                raise Cancelled from error
            raise
        finally:
            forget()

    def _run(self, feeds: Mapping[str, Array], options: Any) -> list[Array]:
        return [np.asarray(value) for value in self._handle.run(None, dict(feeds), options)]


def open_session(
    pack: Pack, graph: str = "", preference: str = "auto", threads: int = 0, check_files: bool = True
) -> Session:
    """Open a graph of `pack` on the best provider that `preference` allows and the machine has.

    `graph` names one graph; empty takes the pack's first for the provider. `threads` 0 means all real cores.
    `preference` is "auto" (NPU where there is one and the pack has a graph for it, else CPU), "cpu", "npu", or a
    provider's own name; anything but "auto" is a demand. Raises ProviderUnavailable, PackCorrupt.
    """
    reasons: list[str] = []
    demanded = preference.lower() != "auto"
    for provider in providers_for(preference):
        chosen = _graph_for(pack, provider, graph)
        if chosen is None:
            if demanded:  # "auto" has not been denied anything by a pack that was not made for the NPU
                name = f"“{graph}” " if graph else ""
                reasons.append(f"The pack “{pack.id}” has no graph {name}for {_plain(provider)}.")
            continue
        device, note = _device_for(provider, demanded)
        if device is None:
            reasons.append(note)
            continue
        if check_files:
            verify(pack, only=chosen.files or (chosen.path,))
        try:
            handle = _create(pack, chosen, device, threads)
        except runtime_errors() as error:
            if provider == CPU:
                raise PackCorrupt(
                    f"The graph “{chosen.name}” of the pack “{pack.id}” cannot be opened: {error}",
                    "Build or import the pack again.",
                ) from error
            reasons.append(f"{_plain(provider).capitalize()} refused the graph “{chosen.name}”: {error}")
            continue
        if provider in handle.get_providers():
            reasons += [note] if note else []
            return Session(handle, chosen, provider, preference, " ".join(reasons), device.name)
        reasons.append(f"ONNX Runtime did not use {_plain(provider)}.")
    raise ProviderUnavailable(
        f"The model “{pack.manifest.title}” cannot run on “{preference}”. {' '.join(reasons)}",
        "Choose “auto” or “cpu” as execution provider.",
    )


def _graph_for(pack: Pack, provider: str, name: str) -> Graph | None:
    if name:
        graph = pack.graph(name)
        return graph if provider in graph.providers else None
    return next((graph for graph in pack.manifest.graphs if provider in graph.providers), None)


def _device_for(provider: str, demanded: bool) -> tuple[Device | None, str]:
    """The device, or None and why not. An emulated NPU is right, but slow: only a demand gets it, and is told so."""
    inventory = list_devices(look_for_npu=provider == QNN)
    device = inventory.first(provider)
    if device is None:
        return None, " ".join(inventory.notes) or f"This machine does not have {_plain(provider)}."
    if not device.emulated:
        return device, ""
    return (device, "The NPU is emulated on the processor.") if demanded else (None, "The NPU here is only emulated.")


def _create(pack: Pack, graph: Graph, device: Device, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised, and a cancelled run is no error
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads or real_cores()
    options.add_session_config_entry("session.force_spinning_stop", "1")  # an idle laptop stays cool between runs
    options.enable_mem_pattern = False  # patterns are kept for every shape ever seen, and texts have many lengths
    path = str(pack.path_of(graph.path))
    if device.provider == CPU:
        return onnxruntime.InferenceSession(path, options, providers=[CPU], disabled_optimizers=_HARMFUL_FUSIONS)
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    options.add_provider_for_devices([device.handle], provider_options(device))
    return onnxruntime.InferenceSession(path, options)


def _plain(provider: str) -> str:
    return PLAIN_NAMES.get(provider, provider)


def _tensor(info: Any) -> TensorInfo:
    return TensorInfo(info.name, info.type, tuple(d if isinstance(d, int) else None for d in info.shape))
