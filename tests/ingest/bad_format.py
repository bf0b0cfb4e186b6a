"""A format whose documents say what goes wrong. A child loads this module by its name, so it imports little."""

from __future__ import annotations

import os
import signal
import time

from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.types import Page, ParsedDocument


def score(source: Source, named: bool) -> float:
    return float(named)


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    order = source.read_bytes().decode()
    if order == "hang":
        time.sleep(600)
    elif order == "crash":
        os.kill(os.getpid(), signal.SIGABRT)
    elif order == "exit":
        os._exit(3)
    elif order == "bug":
        raise ZeroDivisionError("a mistake of ours")
    elif order == "memory":
        hoard = [bytearray(64 * 1024**2) for _ in range(64)]
        order = str(len(hoard))
    elif order == "delete":
        source.path.unlink()
    elif order == "change":
        source.path.write_text("changed, and longer")
    elif order == "print":
        print("noise on the way")  # noqa: T201
        os.write(1, b"more noise")
    elif order == "pid":
        order = str(os.getpid())
    return ParsedDocument("text/x-test", (Page(1, order),))
