"""What the window's process says to the engine's: the other direction of `events`."""

from __future__ import annotations

from dataclasses import dataclass

from rag_core.host.jobs import Job


@dataclass(frozen=True, slots=True)
class Submit:
    job_id: int
    job: Job


@dataclass(frozen=True, slots=True)
class Cancel:
    job_id: int


@dataclass(frozen=True, slots=True)
class Pause:
    """`paused` False: go on."""

    job_id: int
    paused: bool = True


@dataclass(frozen=True, slots=True)
class Close:
    """Stop every job, close everything, end."""


Command = Submit | Cancel | Pause | Close
