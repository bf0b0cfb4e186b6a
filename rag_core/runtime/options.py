"""What an execution provider has to be told, when a graph is opened and at every run."""

from __future__ import annotations

from typing import Literal

from rag_core.runtime.devices import Device, Inventory
from rag_core.runtime.npu.targets import Target, this_target
from rag_core.runtime.plugins import QNN, plugin_of

Power = Literal["burst", "efficient"]

# QNN's own words. After each run it is told to rest, or it would keep the clock of the last run and drain the battery
# ("default" is taken for "leave it as it is"). 100 microseconds of RPC latency go with bursts in Qualcomm's own
# configurations of language models. What is best on a chip has not been measured.
_QNN_POWER: dict[Power, dict[str, str]] = {
    "burst": {
        "qnn.htp_perf_mode": "burst",
        "qnn.htp_perf_mode_post_run": "power_saver",
        "qnn.rpc_control_latency": "100",
    },
    "efficient": {"qnn.htp_perf_mode": "balanced", "qnn.htp_perf_mode_post_run": "power_saver"},
}


def provider_options(device: Device, target: Target | None = None) -> dict[str, str]:
    """For opening a graph on `device`. The NPU's provider is told which chip it compiles for; the emulator must be told
    which one it stands for.
    """
    plugin = plugin_of(device.provider)
    if device.provider != QNN or plugin is None:
        return {}
    library = plugin.loaded()
    if device.kind == "gpu":
        return {"backend_path": library.get_qnn_gpu_path()}
    options = {
        "backend_path": library.get_qnn_htp_path(),
        "enable_htp_fp16_precision": "1",
        "offload_graph_io_quantization": "0",  # or it would run on the processor, which may not fall back
    }
    chip = target or this_target(Inventory((device,)))
    return options | (chip.options if chip else {})


def run_options(provider: str, power: Power) -> dict[str, str]:
    """For one run: as fast as it can for a person who waits, or sparing for work in the background."""
    return _QNN_POWER[power] if provider == QNN else {}
