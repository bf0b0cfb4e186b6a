"""The process that compiles one pack: what `rag_core.process.children` starts as "compiling", for `models.npu.child`.

Its error stream is a log file. It ends when its parent does.
"""

from __future__ import annotations

import errno
import faulthandler
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from typing import IO

from models.npu.child import Order, scratch_folder
from models.npu.static_graphs import write_static_graphs
from rag_core.errors import MemoryDenied, ProviderUnavailable, UserError
from rag_core.messages import say
from rag_core.process.wire import receive, send, take_pipes
from rag_core.progress import Progress
from rag_core.runtime.devices import list_devices
from rag_core.runtime.npu.compiled import context_folder, expected_stamp
from rag_core.runtime.npu.compiling import STAGE, compile_static, disk_full
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.pack import open_pack

_NICENESS = 5


def main() -> None:
    """Do the one order that comes, say how it goes, and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to decide about
    faulthandler.enable()
    if sys.platform != "win32":  # Windows is told when the process is created
        os.nice(_NICENESS)
    incoming, outgoing = take_pipes()
    payload = receive(incoming)
    if payload is None:
        return
    threading.Thread(target=_end_with_parent, args=(incoming,), daemon=True).start()
    order: Order = pickle.loads(payload)
    try:
        for step in _prepared(order):
            send(outgoing, pickle.dumps(step))
    except UserError as error:
        send(outgoing, pickle.dumps(error))
    except MemoryError:
        send(outgoing, pickle.dumps(_no_memory(order)))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        send(outgoing, pickle.dumps(disk_full(order.source.name)))
    sys.stderr.flush()
    os._exit(0)  # all is written; the compiler's libraries are not asked to tidy up


def _prepared(order: Order) -> Iterator[Progress]:
    yield Progress(STAGE, 0, None, "graphs", say("step-reading-weights"))
    source = open_pack(order.source)
    device = list_devices().npu
    if device is None:
        raise ProviderUnavailable(say("compiler-does-not-work"), say("check-this-computer"))
    stamp = expected_stamp(source, order.target, RECIPE)
    folder = context_folder(order.contexts_dir, source.id, order.target)
    static = write_static_graphs(source, scratch_folder(order.contexts_dir, source.id, order.target), order.shapes)
    yield from compile_static(static, folder, device, order.target, stamp)


def _no_memory(order: Order) -> MemoryDenied:
    return MemoryDenied(say("compiling-without-memory", name=order.source.name), say("close-other-programs"))


def _end_with_parent(incoming: IO[bytes]) -> None:
    while receive(incoming) is not None:
        pass
    os._exit(0)
