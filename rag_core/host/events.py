"""What the engine process says. An `Event` carries one payload of one job; the last is `Finished`, `Failed`, `Stopped`.

Other payloads are the steps of the work itself: `Progress`, the `AskEvent`s, and the pieces below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag_core.conversations.records import Turn
from rag_core.messages import NOTHING, Message
from rag_core.types import Document

NEWS = 0  # the job id of what belongs to no job in particular


@dataclass(frozen=True, slots=True)
class Event:
    """`payload` is any of the frozen dataclasses that a job's docstring names, or one of the three endings."""

    job_id: int
    payload: object


@dataclass(frozen=True, slots=True)
class Finished:
    """The job is done; `value` is what its docstring promises."""

    value: object = None


FailureKind = Literal["user", "mismatch", "bug", "engine_lost"]


@dataclass(frozen=True, slots=True)
class Failed:
    """Shown as it is: `message` says what happened, `advice` what to do.

    "mismatch": the library's vectors were made by another embedder, a rebuild is offered. "bug": our mistake, with
    `details` (a traceback; no text of documents) also written to `report`. "engine_lost": the engine process ended.
    """

    kind: FailureKind
    message: Message
    advice: Message = NOTHING
    details: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The person cancelled it. What was finished is kept."""


Ending = Finished | Failed | Stopped


@dataclass(frozen=True, slots=True)
class DocumentsListed:
    """A piece of a long list."""

    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class TurnsListed:
    """A piece of a conversation, oldest first."""

    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class StageCheck:
    """Where one stage really ran, from running it. `stage` is "embed", "rerank" (not there where no reader is
    installed) or "generate".

    `provider` is the execution provider that did the work, "" when the stage cannot run; `requested` is what the
    settings asked for; `reason` says why the two differ, in plain words; `elapsed_ms` is the warm run. `precision` is
    the graph's ("" where it is not known). `can_retry`: a device failed and is not used; `RetryDevices` tries it again.
    """

    stage: str
    provider: str
    device: str
    requested: str
    reason: Message = NOTHING
    model: str = ""
    elapsed_ms: float = 0.0
    precision: str = ""
    can_retry: bool = False


@dataclass(frozen=True, slots=True)
class StageMoved:
    """News, told once: a stage went on elsewhere in the middle of work. `provider` does it now, `reason` says why."""

    stage: str
    provider: str
    reason: Message


@dataclass(frozen=True, slots=True)
class DeviceCrashed:
    """News, told once after a start: the last engine process ended while a device's driver was at work.

    `reason` is a sentence for the person. `can_retry`: it is not used any more; `RetryDevices` tries it again.
    """

    reason: Message
    can_retry: bool = False


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device that models can run on. `tiny_ms` is how long it took for one small graph, None where it did not do it:
    `problem` says why. `target` is the chip that models are prepared for, where it is one.
    """

    name: str
    provider: str
    kind: str
    version: str
    emulated: bool
    target: str
    tiny_ms: float | None
    problem: Message = NOTHING


@dataclass(frozen=True, slots=True)
class NpuState:
    """What is prepared for this machine's NPU. `chip` is its plain name, "" where there is none, or an unknown one.

    `missing` are the titles of models in use that are not prepared for it, or no longer fit it; `reason` says why in
    plain words, also why they cannot be prepared here (`can_prepare` False).
    """

    chip: str = ""
    emulated: bool = False
    missing: tuple[str, ...] = ()
    reason: Message = NOTHING
    can_prepare: bool = False


@dataclass(frozen=True, slots=True)
class PackInfo:
    """An installed pack. `in_use` by the settings as they are; `problem` is empty when its manifest can be read."""

    pack_id: str
    role: str
    title: str
    licence: str
    version: str
    size_bytes: int
    folder: str
    in_use: bool
    problem: Message = NOTHING


@dataclass(frozen=True, slots=True)
class SilenceReport:
    """Facts about network use, not promises. `refused` counts attempts of our own code that were stopped.

    `connections` are open network connections of the processes `process_ids`, "" entries never occur; None where the
    system does not tell. `network_modules` are loaded modules that could open one.
    """

    process_ids: tuple[int, ...]
    connections: tuple[str, ...] | None
    network_modules: tuple[str, ...]
    refused: tuple[str, ...]
