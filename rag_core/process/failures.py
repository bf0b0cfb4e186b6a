"""What a person is told when a child process had to be stopped, or stopped by itself, over a document."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rag_core.errors import DocumentUnreadable

Doing = Literal["read", "drawn"]

_INSTEAD = "Open it in the program that you read such files with; searching and asking are not affected."


def too_slow(path: Path, timeout_s: float, doing: Doing) -> DocumentUnreadable:
    return DocumentUnreadable(
        f"“{path.name}” took longer than {timeout_s:g} seconds to be {doing} and was stopped.",
        _INSTEAD if doing == "drawn" else "Split it into smaller files, or raise “parse_timeout_s” in the settings.",
    )


def out_of_memory(path: Path, memory_bytes: int, doing: Doing) -> DocumentUnreadable:
    return DocumentUnreadable(
        f"“{path.name}” needs more memory to be {doing} than the limit of {memory_bytes / 1024**2:,.0f} MB.",
        _INSTEAD if doing == "drawn" else "Split it into smaller files, or raise “parse_memory_bytes” in the settings.",
    )


def crashed(path: Path, code: int | None, doing: Doing) -> DocumentUnreadable:
    """`code` is how the process ended; None when it answered what no child of ours says."""
    how = "it answered nonsense" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
    return DocumentUnreadable(
        f"“{path.name}” made its reader stop unexpectedly ({how}); it is damaged, or needs too much memory.",
        _INSTEAD
        if doing == "drawn"
        else "Open it in the program it was made with, save it again, and add the new file.",
    )


def unforeseen(path: Path, error: BaseException, place: str) -> DocumentUnreadable:
    """An error that nobody expected; `place` is where, for a report."""
    return DocumentUnreadable(
        f"“{path.name}” made its reader fail ({type(error).__name__}: {error}{place}).",
        "Save it in another format and add that; please report this message.",
    )
