"""What the program around the command line brings, and the core has not: whoever makes packs, and the window."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag_core.errors import UserError
from rag_core.messages import Message, say

if TYPE_CHECKING:
    from rag_core.pack_making import PackMaking


class Window(Protocol):
    def why_not(self) -> Message:
        """Why it cannot be opened here, as a sentence; `NOTHING` where it can, on a screen that somebody may see."""

    def open(self, data_dir: Path, library: str) -> int:
        """Open it on this library; returns when it is closed, with the program's exit code."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is None is not there: then the command line does without, or says so."""

    making: PackMaking | None = None
    window: Window | None = None


def program_of(arguments: argparse.Namespace) -> Program:
    """`main` put it there."""
    program: Program = arguments.program
    return program


def making_of(arguments: argparse.Namespace) -> PackMaking:
    """Raises UserError where nobody makes packs."""
    making = program_of(arguments).making
    if making is None:
        raise UserError(say("no-recipes"), say("copy-finished-packs"))
    return making
