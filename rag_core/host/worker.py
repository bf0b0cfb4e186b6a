"""What the engine process does. The module that `EngineProcess` starts says who makes packs there."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from rag_core.host.host import Host
from rag_core.host.silence import Silence
from rag_core.paths import DataDir
from rag_core.process.wire import receive, take_pipes

if TYPE_CHECKING:
    from rag_core.pack_making import PackMaking

# When the window's process is gone, or wants an end: a step that takes longer than this is cut off. Nothing is lost.
_LAST_STEP_S = 10.0
_BROKEN = 70
_NICENESS = 5
# The desk must not wait 5 ms, Python's default, for each of its many turns while the engine cuts a book.
_TURN_S = 0.0005


def serve(making: PackMaking) -> None:
    """Serve until the parent says so or goes away. First comes the data folder; the log is the error stream."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to decide about
    faulthandler.enable()
    _give_way()
    sys.setswitchinterval(_TURN_S)
    threading.excepthook = _end_broken
    silence = Silence()
    silence.install()
    incoming, outgoing = take_pipes()
    folder = receive(incoming)
    if folder is None:
        return
    host = Host(DataDir(Path(os.fsdecode(folder))), silence, making)
    host.serve(incoming, outgoing, on_closing=_end_soon)
    sys.stderr.flush()
    os._exit(0)  # what is open is closed by now; libraries take half a second to say goodbye


def _give_way() -> None:
    """The window, where a person types and scrolls, comes before what computes for it. Children inherit this.

    Windows is told when the process is created.
    """
    if sys.platform != "win32":
        os.nice(_NICENESS)


def _end_broken(broken: threading.ExceptHookArgs) -> None:
    """A lane without its thread would keep the window waiting for ever: better lost, and started again."""
    traceback.print_exception(broken.exc_type, broken.exc_value, broken.exc_traceback)
    sys.stderr.flush()
    os._exit(_BROKEN)


def _end_soon() -> None:
    timer = threading.Timer(_LAST_STEP_S, os._exit, (0,))
    timer.daemon = True
    timer.start()
