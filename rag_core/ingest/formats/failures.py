"""Damage in other people's files, turned into one error that a person can read."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag_core.errors import DocumentUnreadable

# What the readers of binary and XML formats raise when bytes are not what the format promises. `MemoryError` and
# `KeyboardInterrupt` are deliberately absent: they say nothing about the file.
DAMAGE: tuple[type[Exception], ...] = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    EOFError,
    OSError,
    RuntimeError,
    SyntaxError,  # lxml's XMLSyntaxError
    zlib.error,
    struct.error,
    zipfile.BadZipFile,
)


@contextmanager
def damage_is_reported(path: Path, *more: type[BaseException]) -> Iterator[None]:
    """Run a format's reader; whatever it trips over becomes DocumentUnreadable with the cause kept."""
    try:
        yield
    except (*DAMAGE, *more) as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: BaseException) -> DocumentUnreadable:
    detail = " ".join(str(error).split())[:160]
    cause = f"{type(error).__name__}: {detail}" if detail else type(error).__name__
    return DocumentUnreadable(
        f"“{path.name}” seems to be damaged and cannot be read ({cause}).",
        "Open it in the program it was made with, save it again, and add the new file.",
    )


def needs_password(path: Path) -> DocumentUnreadable:
    return DocumentUnreadable(
        f"“{path.name}” is protected with a password: it needs a password to be opened.",
        "Save a copy without a password and add that.",
    )


def is_empty(path: Path) -> DocumentUnreadable:
    return DocumentUnreadable(f"“{path.name}” is empty (0 bytes).", "Check whether it was copied completely.")


def too_many_bytes(path: Path, size_bytes: int, max_bytes: int) -> DocumentUnreadable:
    return DocumentUnreadable(
        f"“{path.name}” is {_megabytes(size_bytes)} MB large; the limit is {_megabytes(max_bytes)} MB.",
        "Split it into smaller files, or raise “max_file_bytes” in the settings.",
    )


def too_much_text(path: Path, max_chars: int) -> DocumentUnreadable:
    return DocumentUnreadable(
        f"“{path.name}” holds more text than the limit of {max_chars:,} characters.",
        "Split it into smaller files, or raise “max_text_chars” in the settings.",
    )


def _megabytes(count: int) -> str:
    return f"{count / 1024**2:,.1f}"
