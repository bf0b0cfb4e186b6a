"""Which providers are compared: a column for each that this machine has."""

from __future__ import annotations

from rag_core.bench.compare.records import Provider
from rag_core.messages import Message, say
from rag_core.runtime.devices import CPU, Device, Inventory, plain_name

_SUFFIX = "ExecutionProvider"


def providers_of(inventory: Inventory, emulated: bool) -> tuple[Provider, ...]:
    """The processor first: the others are compared with it. An emulated NPU only where it is asked for."""
    chosen: dict[str, Device] = {}
    for device in inventory.devices:  # best first: of a provider with several devices, the one that it would use
        if device.provider not in chosen and (emulated or not device.emulated):
            chosen[device.provider] = device
    first_npu = next((device.provider for device in chosen.values() if device.kind == "npu"), "")
    columns = [_column(device, first_npu) for device in chosen.values()]
    return tuple(sorted(columns, key=lambda column: column.name != CPU))


def notes_of(inventory: Inventory, emulated: bool) -> tuple[Message, ...]:
    """Which providers have no column, and why."""
    notes = inventory.notes
    if emulated:
        missing = not any(device.emulated for device in inventory.devices)
        return (*notes, *((say("no-emulated-npu"),) if missing else ()))
    left_out = [device.provider for device in inventory.devices if device.emulated]
    return (*notes, *(say("only-emulated", name=name) for name in dict.fromkeys(left_out)))


def _column(device: Device, first_npu: str) -> Provider:
    ids = {first_npu: "npu", CPU: "cpu"}
    short = device.provider.removesuffix(_SUFFIX)
    title = "CPU" if device.provider == CPU else f"{device.kind.upper()} ({short})"
    return Provider(
        id=ids.get(device.provider, device.provider),
        name=device.provider,
        title=f"{title}, emulated" if device.emulated else title,
        device=device.name or plain_name(device.provider),
        emulated=device.emulated,
    )
