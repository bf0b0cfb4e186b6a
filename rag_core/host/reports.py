"""A mistake of ours, written down on this computer for the person to read, and to send if they wish."""

from __future__ import annotations

import platform
import time
import traceback
from pathlib import Path

from rag_core import __version__
from rag_core.host.events import Failed
from rag_core.host.jobs import Job
from rag_core.messages import say

_MOST_MESSAGE_CHARS = 200  # enough to understand the mistake, too little to hold a document


def failed_by_bug(reports: Path, job: Job, error: Exception) -> Failed:
    """Writes the report, where the disk takes it, and says what happened. It names no file and holds no document."""
    kind = type(job).__name__
    details = f"Alcove {__version__}, Python {platform.python_version()}, {platform.platform()}\n{kind}\n{_told(error)}"
    report = reports / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 10**6:06d}-{kind}.txt"
    written = str(report)
    try:
        reports.mkdir(parents=True, exist_ok=True)
        report.write_text(details, encoding="utf-8")
    except OSError:  # a full or read-only disk: the details still reach the window
        written = ""
    return Failed("bug", say("mistake-of-ours"), say("try-again-and-report"), details, written)


def _told(error: BaseException) -> str:
    """The places in our code, and the kinds of errors; of their messages only the beginning."""
    before = error.__cause__ or error.__context__
    earlier = f"{_told(before)}\nwhich led to\n" if before is not None else ""
    places = "".join(traceback.format_tb(error.__traceback__))
    message = " ".join(str(error).split())[:_MOST_MESSAGE_CHARS]
    return f"{earlier}{places}{type(error).__name__}: {message}"
