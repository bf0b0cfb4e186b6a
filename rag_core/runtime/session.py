"""Opens a pack's graph on a device, and proves where it runs.

ONNX Runtime answers a request for a missing provider with a CPU session and only a warning. So what was got is compared
with what was asked for, an accelerator session may not fall back silently, and the difference is told in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_core.errors import Cancelled, DeviceFailed, ProviderUnavailable
from rag_core.messages import say
from rag_core.progress import CancelToken
from rag_core.runtime.devices import CPU, Device
from rag_core.runtime.feeds import TensorInfo, what_does_not_fit
from rag_core.runtime.handles import (
    accelerator_handle,
    as_sentence,
    first_line,
    native_failures,
    processor_handle,
)
from rag_core.runtime.node_assignment import nodes_by_provider, what_is_elsewhere
from rag_core.runtime.npu.targets import Target
from rag_core.runtime.options import Power, run_options
from rag_core.runtime.pack import Graph, Pack
from rag_core.runtime.plugins import runtime_errors
from rag_core.runtime.watchdog import Watchdog, the_watchdog

Array = npt.NDArray[Any]

# Seconds after which a device hangs. A chip needs less than one for a run, its emulator more than ten for some.
_RUN_LIMIT_S, _EMULATED_RUN_LIMIT_S = 30.0, 900.0


@dataclass(frozen=True, slots=True)
class Guard:
    """For a device whose driver may fail or hang: who watches its runs, and how long one may take."""

    watchdog: Watchdog
    limit_s: float


class Session:
    """A graph that is open on `device`. `nodes` says how many of its nodes each provider has.

    `run` may be called from several threads at a time; on an accelerator (`guard`) one runs after the other.
    """

    def __init__(
        self,
        handle: Any,
        graph: Graph,
        device: Device,
        nodes: Mapping[str, int] | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._handle = handle
        self._errors = runtime_errors()
        self._failures = native_failures()
        self._guard = guard
        self.graph = graph
        self.device = device
        self.nodes = dict(nodes or {})
        self.inputs = tuple(_tensor(info) for info in handle.get_inputs())
        self.outputs = tuple(_tensor(info) for info in handle.get_outputs())

    def run(
        self, feeds: Mapping[str, Array], cancel: CancelToken | None = None, *, power: Power = "burst"
    ) -> list[Array]:
        """All outputs, in the graph's order. Cancelling ends a running graph within milliseconds: raises Cancelled.

        `power` is for devices that have a choice. Raises DeviceFailed where an accelerator fails or hangs, ValueError
        where `feeds` are not what the graph takes.
        """
        if self._guard is not None:
            return self._run_guarded(self._guard, feeds, cancel, power)
        if cancel is None:
            return _arrays(self._handle.run(None, dict(feeds)))
        import onnxruntime

        options = onnxruntime.RunOptions()
        forget = cancel.on_cancel(lambda: setattr(options, "terminate", True))
        try:
            cancel.raise_if_cancelled()
            return _arrays(self._handle.run(None, dict(feeds), options))
        except self._errors as error:
            if cancel.cancelled:
                raise Cancelled from error
            raise
        finally:
            forget()

    def _run_guarded(
        self, guard: Guard, feeds: Mapping[str, Array], cancel: CancelToken | None, power: Power
    ) -> list[Array]:
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.log_severity_level = 4  # what goes wrong is raised
        for key, value in run_options(self.device.provider, power).items():
            options.add_run_config_entry(key, value)
        try:
            return guard.watchdog.run(
                lambda: _arrays(self._handle.run(None, dict(feeds), options)),
                lambda: setattr(options, "terminate", True),
                guard.limit_s,
                self.device.spoken_first,
                cancel,
            )
        except self._failures as error:
            if wrong := what_does_not_fit(self.inputs, feeds):
                raise ValueError(f"the graph “{self.graph.name}” was given something else: {wrong}") from error
            raise DeviceFailed(
                say(
                    "device-failed-in-graph",
                    device=self.device.spoken_first,
                    graph=self.graph.name,
                    error=as_sentence(first_line(error)),
                ),
                say("processor-can-do-it"),
            ) from error


def open_on(pack: Pack, graph: str, device: Device, *, target: Target | None = None, threads: int = 0) -> Session:
    """Open the graph of that name on `device`; on an accelerator the whole of it, which is proven (`nodes`).

    `target` is the chip that a context was compiled for, or that a plain graph is to be compiled for. `threads` 0 means
    all real cores. Nothing is compared with the manifest. Raises ProviderUnavailable where the device refuses it,
    DeviceFailed where it hangs, PackCorrupt for what is no graph.
    """
    chosen = pack.graph(graph)
    if device.provider not in chosen.providers:
        raise ProviderUnavailable(say("no-such-graph-for-device", pack=pack.id, graph=graph, device=device.spoken))
    if device.provider == CPU:
        handle = processor_handle(pack, chosen, threads)
        return Session(handle, chosen, device, nodes_by_provider(handle))
    handle = accelerator_handle(pack, chosen, device, target, threads)
    nodes = nodes_by_provider(handle)
    if set(nodes) != {device.provider}:
        elsewhere = what_is_elsewhere(handle, device.provider) or say("none-of-it")
        raise ProviderUnavailable(
            say(
                "device-does-not-do-all",
                device=device.spoken_first,
                graph=chosen.name,
                elsewhere=elsewhere,
            )
        )
    guard = Guard(the_watchdog(), _EMULATED_RUN_LIMIT_S if device.emulated else _RUN_LIMIT_S)
    return Session(handle, chosen, device, nodes, guard)


def _arrays(values: Sequence[Any]) -> list[Array]:
    return [np.asarray(value) for value in values]


def _tensor(info: Any) -> TensorInfo:
    return TensorInfo(info.name, info.type, tuple(d if isinstance(d, int) else None for d in info.shape))
