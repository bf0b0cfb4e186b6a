"""The process that measures one provider: `comparing` starts it, tells it what to do, and hears of it.

It ends when its parent does. What a library prints goes nowhere; what nobody foresaw is named, with its place.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rag_core.bench.compare.measure import Measurement
from rag_core.bench.compare.proven_nodes import proven_nodes
from rag_core.bench.compare.records import Ended, Order
from rag_core.bench.energy import find_meters
from rag_core.engine.models import Models
from rag_core.errors import IndexMismatch, RagError, UserError
from rag_core.messages import literal, say
from rag_core.paths import DataDir
from rag_core.process.children import take_order


@dataclass(frozen=True, slots=True)
class _Borrowed(DataDir):
    """The person's packs and contexts. What fails here, or is stopped, is not held against their devices."""

    own: DataDir

    @property
    def device_file(self) -> Path:
        return self.own.device_file


def main() -> None:
    """Take one `Order`; answer with `Progress`, `ProviderRun` after `ProviderRun`, and `Ended`."""
    order, tell = take_order()
    _name_the_unforeseen(tell)
    ended = Ended()
    try:
        _measure(order, tell)
    except RagError as error:
        ended = Ended(error.message if isinstance(error, UserError | IndexMismatch) else literal(str(error)))
    tell(ended)
    os._exit(0)  # all is told; runtimes of devices take their time to say goodbye, and may crash at it


def _measure(order: Order, tell: Callable[[object], None]) -> None:
    data_dir = _Borrowed(order.data, DataDir(order.folder))
    models = Models(data_dir, order.work.settings(order.settings, order.provider.id))
    meters, _ = find_meters()
    with ExitStack() as opened:
        opened.callback(models.close)
        for meter in meters:
            opened.enter_context(closing(meter))
        measurement = Measurement(order, models, meters, proven_nodes)
        for step in measurement.steps():
            tell(step)


def _name_the_unforeseen(tell: Callable[[object], None]) -> None:
    def last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:  # noqa: ARG001
        places = traceback.extract_tb(trace)
        where = f" in {Path(places[-1].filename).name}, line {places[-1].lineno}" if places else ""
        tell(Ended(say("process-mistake", what=f"{kind.__name__}{where}")))

    sys.excepthook = last_words
