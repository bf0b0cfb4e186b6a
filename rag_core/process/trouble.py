"""How a child process came to its end over an order. What a person is told of it, those know who gave the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["too_slow", "out_of_memory", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """`detail` says which error an order "failed" with, and where in the code; how the child "stopped" by itself."""

    kind: Kind
    detail: str = ""


def stopped(code: int | None) -> Trouble:
    """`code` is how the process ended; None when it answered what no child of ours says."""
    how = "it answered nonsense" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
    return Trouble("stopped", how)
