"""How fast each device of this machine is at one small graph, and whether it works at all.

A matrix product of 256 x 256 says little about a model, but that a device answers, and in which order of magnitude.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rag_core.errors import DeviceFailed, PackCorrupt, ProviderUnavailable
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.device_file import DeviceFile
from rag_core.runtime.devices import CPU, Device, DeviceKind, Inventory
from rag_core.runtime.npu.targets import this_target
from rag_core.runtime.pack import Graph, Manifest, Pack
from rag_core.runtime.session import Session, open_on

STAGE = "probe"

_SIDE = 256
_RUNS = 9
_GRAPH = "product"


@dataclass(frozen=True, slots=True)
class Profile:
    """A row of the table. `tiny_ms` is the median of some runs, None where the device did not do it: `problem` says
    why. `target` is the chip that models are prepared for.
    """

    name: str
    provider: str
    kind: DeviceKind
    version: str
    emulated: bool
    target: str
    tiny_ms: float | None
    problem: str = ""


def profile_devices(inventory: Inventory, path: Path) -> tuple[Profile, ...]:
    """Time every device, best first, and record it in `path` (`DataDir.device_file`)."""
    breaker = Breaker(path)
    target = this_target(inventory)
    title = target.title if target else ""
    found = tuple(_profile(device, title if device.kind == "npu" else "", breaker) for device in inventory.devices)
    with DeviceFile(path).changed("profile") as section:
        section.clear()
        section["at"] = datetime.now(UTC).isoformat(timespec="seconds")
        section["devices"] = [asdict(profile) for profile in found]
    return found


def _profile(device: Device, target: str, breaker: Breaker) -> Profile:
    taken, problem = None, str(breaker.blocked(device.key, STAGE))
    if not problem:
        try:
            taken = _time(device, breaker)
        except (ProviderUnavailable, DeviceFailed, PackCorrupt) as refusal:
            problem = str(refusal.message)
    return Profile(device.name, device.provider, device.kind, device.version, device.emulated, target, taken, problem)


def _time(device: Device, breaker: Breaker) -> float:
    """Milliseconds of one run. The marker of the breaker lies there only for what can end the process."""
    with tempfile.TemporaryDirectory(prefix="alcove-") as folder:
        pack = _tiny_pack(Path(folder), device.provider)
        if device.provider == CPU:
            return _median_ms(open_on(pack, _GRAPH, device))
        with breaker.at_work(device.key, STAGE):
            return _median_ms(open_on(pack, _GRAPH, device))


def _median_ms(session: Session) -> float:
    feeds = {"x": np.ones((1, _SIDE), np.float32)}
    session.run(feeds)
    taken = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        session.run(feeds)
        taken.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(taken), 3)


def _tiny_pack(root: Path, provider: str) -> Pack:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.full((_SIDE, _SIDE), 1 / _SIDE, np.float32), "w")
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, _SIDE]) for name in "xy")
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], _GRAPH, [x], [y], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, root / f"{_GRAPH}.onnx")
    graphs = (Graph(_GRAPH, f"{_GRAPH}.onnx", "fp32", (provider,)),)
    return Pack(root, Manifest("probe", "reader", "A small graph", "Apache-2.0", "1", (), graphs), "")
