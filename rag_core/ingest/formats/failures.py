"""Damage in other people's files, turned into one error that a person can read."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag_core.errors import DocumentUnreadable
from rag_core.messages import say

_MEGABYTE = 1024**2

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
    return DocumentUnreadable(say("document-damaged", name=path.name, cause=cause), say("open-and-save-again"))


def needs_password(path: Path) -> DocumentUnreadable:
    return DocumentUnreadable(say("document-has-password", name=path.name), say("save-without-password"))


def is_empty(path: Path) -> DocumentUnreadable:
    return DocumentUnreadable(say("document-empty", name=path.name), say("check-whole-copy"))


def too_many_bytes(path: Path, size_bytes: int, max_bytes: int) -> DocumentUnreadable:
    return DocumentUnreadable(
        say("document-too-large", name=path.name, size=size_bytes / _MEGABYTE, limit=max_bytes / _MEGABYTE),
        say("split-or-raise", setting="max_file_bytes"),
    )


def too_much_text(path: Path, max_chars: int) -> DocumentUnreadable:
    return DocumentUnreadable(
        say("document-too-long", name=path.name, limit=max_chars), say("split-or-raise", setting="max_text_chars")
    )
