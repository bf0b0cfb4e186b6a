"""The engine process as its parent sees it: start it, give it jobs, hear what it says. No Qt, and nothing heavy."""

from __future__ import annotations

import os
import pickle
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from rag_core.host.commands import Cancel, Close, Command, Pause, Submit
from rag_core.host.events import Event
from rag_core.host.jobs import Job
from rag_core.host.sender import Sender
from rag_core.paths import DataDir
from rag_core.process.children import start_child
from rag_core.process.wire import receive

_LOG_BYTES = 1024**2


class EngineProcess:
    """One life of the engine. `on_event` and `on_exit` are called on a thread of this object's own, in order.

    `on_exit(code)` comes only when the process ended without being asked to, and last. `submit`, `cancel` and `pause`
    never fail and never wait: to a process that is gone they do nothing. Safe to use from several threads.
    """

    def __init__(self, data_dir: Path, on_event: Callable[[Event], None], on_exit: Callable[[int], None]) -> None:
        self._data_dir = DataDir(data_dir)
        self._on_event = on_event
        self._on_exit = on_exit
        self._process: subprocess.Popen[bytes] | None = None
        self._listening: threading.Thread | None = None
        self._sender: Sender | None = None
        self._closing = False

    @property
    def pid(self) -> int:
        """0 before the start."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Raises OSError when the system cannot start a process."""
        log = _open_log(self._data_dir.engine_log)
        try:
            self._process = start_child("engine", subprocess.DEVNULL if log is None else log)
        finally:
            if log is not None:
                log.close()
        assert self._process.stdin is not None
        self._sender = Sender(self._process.stdin)
        self._sender.put(os.fsencode(self._data_dir.root))
        self._listening = threading.Thread(
            target=self._listen, args=(self._process,), name="engine-events", daemon=True
        )
        self._listening.start()

    def submit(self, job_id: int, job: Job) -> None:
        """`job_id` is the caller's, once per process; it comes back with every event of the job."""
        self._send(Submit(job_id, job))

    def cancel(self, job_id: int) -> None:
        self._send(Cancel(job_id))

    def pause(self, job_id: int, paused: bool) -> None:
        self._send(Pause(job_id, paused))

    def close(self, timeout_s: float = 3.0) -> None:
        """Ask it to end, then make it. Afterwards there is no process and no thread, and nothing is called any more."""
        self._closing = True
        if self._process is None:
            return
        if self._sender is not None:
            self._sender.finish(pickle.dumps(Close()))
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._listening is not None and self._listening is not threading.current_thread():
            self._listening.join()
        self._close_pipes(self._process)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        while (payload := receive(process.stdout)) is not None:
            for event in pickle.loads(payload):
                if not self._closing:
                    self._on_event(event)
        code = process.wait()
        if not self._closing:
            self._close_pipes(process)
            self._on_exit(code)

    def _send(self, command: Command) -> None:
        if self._sender is not None:
            self._sender.put(pickle.dumps(command))

    def _close_pipes(self, process: subprocess.Popen[bytes]) -> None:
        """The process has ended, so nobody is held up by writing to it."""
        if self._sender is not None:
            self._sender.finish()
            self._sender.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what waits in it is wanted by nobody any more
                    pipe.close()


def _open_log(path: Path) -> IO[bytes] | None:
    """Where the process, its libraries and their crashes write; None where nothing can be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            with suppress(OSError):  # another process still writes to it, and Windows keeps it for that one
                path.replace(path.with_name(f"{path.name}.1"))
        return path.open("ab")
    except OSError:
        return None
