"""The process that compiles one pack: what `rag_core.process.children` starts as "compiling", for `models.npu.child`.

Its error stream is a log file. It ends when its parent does.
"""

from __future__ import annotations

import errno
import faulthandler
import os
import sys
from collections.abc import Iterator

from models.npu.child import Order, scratch_folder
from models.npu.static_graphs import write_static_graphs
from rag_core.errors import MemoryDenied, ProviderUnavailable, UserError
from rag_core.messages import say
from rag_core.process.children import take_order
from rag_core.progress import Progress
from rag_core.runtime.devices import list_devices
from rag_core.runtime.npu.compiled import context_folder, expected_stamp
from rag_core.runtime.npu.compiling import STAGE, compile_static, disk_full
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.pack import open_pack

_NICENESS = 5


def main() -> None:
    """Do the one order that comes, say how it goes, and end."""
    faulthandler.enable()
    if sys.platform != "win32":  # Windows is told when the process is created
        os.nice(_NICENESS)
    order, tell = take_order()
    try:
        for step in _prepared(order):
            tell(step)
    except UserError as error:
        tell(error)
    except MemoryError:
        tell(MemoryDenied(say("compiling-without-memory", name=order.source.name), say("close-other-programs")))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        tell(disk_full(order.source.name))
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
