"""`alcove` alone opens the window; with a command it is the command line, which loads nothing of the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_core.messages import Message

_WINDOW_OPTIONS = ("--data-dir", "--library")


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code (`alcove --help` lists them)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if wants_window(arguments):
        from app.shell.early import open_window

        return open_window(arguments)
    from models.making import PackMaker
    from rag_core.cli import main as run_command
    from rag_core.cli.program import Program

    return run_command(arguments, Program(PackMaker(), _Window()))


def wants_window(arguments: Sequence[str]) -> bool:
    """Whether there is nothing but the window's own options."""
    rest = list(arguments)
    while rest:
        first = rest.pop(0)
        if first in _WINDOW_OPTIONS:
            if not rest or rest[0].startswith("-"):
                return False
            rest.pop(0)
        elif not first.startswith(tuple(f"{option}=" for option in _WINDOW_OPTIONS)):
            return False
    return True


class _Window:
    """Fulfils `rag_core.cli.program.Window`."""

    def why_not(self) -> Message:
        from app.shell.early import why_unseen
        from rag_core.messages import NOTHING

        refusal = why_unseen()
        return refusal.message if refusal else NOTHING

    def open(self, data_dir: Path, library: str) -> int:
        """As a program of its own: nothing of a model is loaded in it, nor anything that its proof of silence names."""
        command = [sys.executable, "--data-dir", str(data_dir), "--library", library]
        if not getattr(sys, "frozen", False):
            code = f"import sys; sys.path[:] = {sys.path!r}; from app.__main__ import main; sys.exit(main())"
            command[1:1] = ["-c", code]
        if os.name != "nt":  # there, no process becomes another
            sys.stdout.flush()
            os.execv(command[0], command)
        import subprocess

        return subprocess.call(command)


if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        # A frozen program has no `python -c`: its children are the program itself.
        from rag_core.process.children import run_if_child

        run_if_child(sys.argv)
    sys.exit(main())
