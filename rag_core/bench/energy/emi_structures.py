"""What the devices of the Energy Metering Interface (Windows) answer, read from bytes as emi.h lays them out.

Version 1 has one channel per device, version 2 several. Every processor core may be a device of its own, so channels
are chosen among all devices at once, and only where the name tells what is covered: the package holds the cores, so
both are never added up.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from rag_core.bench.energy.meter import MeterFailed
from rag_core.messages import say

_V1 = struct.Struct("<i32s32sHH")  # unit, maker, model, revision, bytes of the name that follows
_V2 = struct.Struct("<32s32sHH")  # maker, model, revision, channels that follow
_V2_CHANNEL = struct.Struct("<iH")  # unit, bytes of the name that follows; the next channel follows without a gap
_SAMPLE = struct.Struct("<QQ")  # energy, time
SAMPLE_BYTES = _SAMPLE.size
_WORD = re.compile(r"[A-Z]+")


@dataclass(frozen=True, slots=True)
class Channel:
    """One counter of one device."""

    device: str
    index: int
    name: str


def parse_channel_names(version: int, metadata: bytes) -> tuple[str, ...]:
    """The names in an EMI_METADATA_V1 or _V2."""
    try:
        if version == 1:
            unit, _, _, _, name_bytes = _V1.unpack_from(metadata)
            return (_name(metadata, _V1.size, unit, name_bytes),)
        if version != 2:
            raise MeterFailed(say("device-unknown", what=f"Version {version}"))
        *_, count = _V2.unpack_from(metadata)
        names, offset = [], _V2.size
        for _ in range(count):
            unit, name_bytes = _V2_CHANNEL.unpack_from(metadata, offset)
            names.append(_name(metadata, offset + _V2_CHANNEL.size, unit, name_bytes))
            offset += _V2_CHANNEL.size + name_bytes
    except struct.error as error:
        raise MeterFailed(say("device-cut-off")) from error
    return tuple(names)


def _name(metadata: bytes, offset: int, unit: int, name_bytes: int) -> str:
    if unit != 0:
        raise MeterFailed(say("device-unknown", what=f"unit {unit}"))
    if offset + name_bytes > len(metadata):
        raise MeterFailed(say("device-cut-off"))
    text = metadata[offset : offset + name_bytes].decode("utf-16-le", errors="replace")
    return text.split("\0", 1)[0].strip()


def parse_energies_pwh(measurement: bytes, channels: int) -> tuple[int, ...]:
    """The energy of each channel of an EMI_MEASUREMENT_DATA, in picowatt-hours."""
    if len(measurement) < channels * _SAMPLE.size:
        raise MeterFailed(say("device-answer-short"))
    return tuple(_SAMPLE.unpack_from(measurement, index * _SAMPLE.size)[0] for index in range(channels))


def group_channels(channels: Iterable[Channel]) -> dict[str, tuple[Channel, ...]]:
    """What is covered, with the channels to add up for it. A name that stands twice is the same counter twice."""
    words: dict[Channel, list[str]] = {}
    for channel in {channel.name: channel for channel in channels}.values():
        found = _WORD.findall(channel.name.upper())
        words[channel] = found[:-1] if found[-1:] == ["POWER"] else found

    def ending(*last: str) -> list[Channel]:
        return [channel for channel, found in words.items() if found and found[-1] in last]

    def exactly(*name: str) -> list[Channel]:
        return [channel for channel, found in words.items() if found == list(name)]

    def starting(first: str) -> list[Channel]:  # Microsoft: the rail itself, or else the sum of its parts
        return exactly(first) or [channel for channel, found in words.items() if found[:1] == [first]]

    package = ending("PKG", "PACKAGE") or ending("SOCKET")[:1] or exactly("SOC") or exactly("APU")
    groups = {
        "processor package": package,
        "processor cores, without graphics, NPU and memory": [] if package else starting("CPU"),
        "NPU": starting("NPU"),
        "graphics": starting("GPU"),
        "whole machine (system rail)": (exactly("SYSTEM") or exactly("SYS"))[:1],
    }
    return {covers: tuple(found) for covers, found in groups.items() if found}
