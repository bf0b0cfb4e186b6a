"""Windows: meters of the Energy Metering Interface.

What a device answers is read by `emi_structures`; asking it is `emi_windows`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from rag_core.bench.energy.emi_structures import (
    SAMPLE_BYTES,
    Channel,
    group_channels,
    parse_channel_names,
    parse_energies_pwh,
)
from rag_core.bench.energy.meter import MeterFailed, Source, unreadable
from rag_core.messages import Message, say

# CTL_CODE(FILE_DEVICE_UNKNOWN, 0..3, METHOD_BUFFERED, FILE_READ_ACCESS)
GET_VERSION, GET_METADATA_SIZE, GET_METADATA, GET_MEASUREMENT = 0x224000, 0x224004, 0x224008, 0x22400C
_JOULES_PER_PWH = 3.6e-9


class EmiDevice(Protocol):
    """An open device. Its methods raise OSError."""

    def ask(self, code: int, answer_bytes: int) -> bytes: ...

    def close(self) -> None: ...


class EmiMeter:
    """The sum of some channels. Opens their devices for itself."""

    source: Source = "emi"

    def __init__(self, covers: str, channels: Sequence[Channel], open_device: Callable[[str], EmiDevice]) -> None:
        self.name = f"Windows energy meter ({', '.join(channel.name for channel in channels)})"
        self.covers = covers
        self._channels = tuple(channels)
        self._lock = threading.Lock()
        self._devices: dict[str, EmiDevice] = {}
        self._lowest_pwh = 0
        try:
            for path in {channel.device: None for channel in channels}:
                self._devices[path] = open_device(path)
            counts = {path: len(read_names(device)) for path, device in self._devices.items()}
            self._counts = counts
            self._first_pwh = self._lowest_pwh = self._read()
        except (OSError, MeterFailed) as error:
            self.close()
            raise unreadable(self.name, error) from error
        if self._first_pwh == 0:
            self.close()
            raise MeterFailed(say("meter-at-zero", name=self.name))

    def joules(self) -> float:
        with self._lock:
            now_pwh = self._read()
            if now_pwh < self._lowest_pwh:
                raise MeterFailed(say("meter-began-again", name=self.name))
            self._lowest_pwh = now_pwh
            return (now_pwh - self._first_pwh) * _JOULES_PER_PWH

    def close(self) -> None:
        while self._devices:
            self._devices.popitem()[1].close()

    def _read(self) -> int:
        try:
            energies = {
                path: parse_energies_pwh(
                    device.ask(GET_MEASUREMENT, self._counts[path] * SAMPLE_BYTES), self._counts[path]
                )
                for path, device in self._devices.items()
            }
        except OSError as error:
            raise unreadable(self.name, error) from error
        return sum(energies[channel.device][channel.index] for channel in self._channels)


def read_names(device: EmiDevice) -> tuple[str, ...]:
    """Ask a device which channels it has. Raises OSError and MeterFailed."""
    version = int.from_bytes(device.ask(GET_VERSION, 2)[:2], "little")
    size = int.from_bytes(device.ask(GET_METADATA_SIZE, 4)[:4], "little")
    return parse_channel_names(version, device.ask(GET_METADATA, size))


def find_emi_meters(
    devices: Sequence[str], open_device: Callable[[str], EmiDevice]
) -> tuple[tuple[EmiMeter, ...], tuple[Message, ...]]:
    """A meter for each part of the machine that the devices count, and why others are absent."""
    channels: list[Channel] = []
    notes = [] if devices else [_absent(say("there-is-none"))]
    for path in devices:
        try:
            channels += _channels_of(path, open_device)
        except (OSError, MeterFailed) as error:
            notes.append(_absent(unreadable(path, error).message))
    groups = group_channels(channels)
    if channels and not groups:
        names = ", ".join(channel.name for channel in channels)
        notes.append(_absent(say("channels-unnamed", names=names)))
    meters: list[EmiMeter] = []
    for covers, chosen in groups.items():
        try:
            meters.append(EmiMeter(covers, chosen, open_device))
        except MeterFailed as failure:
            notes.append(_absent(failure.whole))
    return tuple(meters), tuple(notes)


def _absent(why: Message) -> Message:
    return say("meter-absent", meter="EMI", why=why)


def _channels_of(path: str, open_device: Callable[[str], EmiDevice]) -> list[Channel]:
    device = open_device(path)
    try:
        return [Channel(path, index, name) for index, name in enumerate(read_names(device))]
    finally:
        device.close()
