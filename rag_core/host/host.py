"""The engine's side of the pipe: takes commands, hands jobs to their lanes, sends what the lanes say.

Three lanes: the engine's, on the thread that calls `serve` (the main thread, where accelerators like to live); the
desk's; and one for pictures of pages, so that a slow page does not keep the lists waiting.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from functools import partial
from typing import IO, TYPE_CHECKING

from rag_core.host.commands import Cancel, Command, Pause, Submit
from rag_core.host.desk_work import DeskWork
from rag_core.host.events import NEWS, Event
from rag_core.host.jobs import Job, RenderPage
from rag_core.host.lane import Lane, Work
from rag_core.host.outbox import Outbox
from rag_core.host.pictures import Pictures
from rag_core.host.reports import failed_by_bug
from rag_core.host.shelf import Shelf
from rag_core.host.silence import Silence
from rag_core.paths import DataDir
from rag_core.process.wire import receive
from rag_core.progress import CancelToken

if TYPE_CHECKING:
    from rag_core.host.engine_work import EngineWork
    from rag_core.host.engines import ModelsFactory
    from rag_core.pack_making import PackMaking

_LAST_STEP_S = 2.0


class Host:
    """Everything of the engine process but the process: tests run it on a thread of theirs."""

    def __init__(
        self, data_dir: DataDir, silence: Silence, making: PackMaking, make_models: ModelsFactory | None = None
    ) -> None:
        report = partial(failed_by_bug, data_dir.reports)
        self._data_dir = data_dir
        self._making = making
        self._make_models = make_models
        self._shelf = Shelf(data_dir)
        self._pictures = Pictures(data_dir)
        self._engine = Lane(self._begin, self._say, report)
        self._engine_work: EngineWork | None = None
        self._desk = Lane(DeskWork(data_dir, self._shelf, silence.report).begin, self._say, report)
        self._drawing = Lane(self._pictures.begin, self._say, report)
        self._outbox: Outbox | None = None
        self._on_closing: Callable[[], None] = lambda: None

    def serve(self, incoming: IO[bytes], outgoing: IO[bytes], on_closing: Callable[[], None] = lambda: None) -> None:
        """Until the other side says `Close`, or goes away (`on_closing` is called then). Leaves nothing open."""
        outbox = self._outbox = Outbox(outgoing, self._close_lanes)
        self._on_closing = on_closing
        outbox.start()
        threads = [
            threading.Thread(target=self._desk.run, name="desk", daemon=True),
            threading.Thread(target=self._drawing.run, name="pictures", daemon=True),
            threading.Thread(target=self._listen, args=(incoming,), name="engine-inbox", daemon=True),
        ]
        for thread in threads:
            thread.start()
        self._engine.run()
        for thread in threads:
            thread.join(_LAST_STEP_S)  # a page that takes longer to draw is drawn for nobody
        self._pictures.close()
        if self._engine_work is not None:
            self._engine_work.engines.close()
        self._shelf.close()
        outbox.close()

    def _listen(self, incoming: IO[bytes]) -> None:
        while (payload := receive(incoming)) is not None:
            command: Command = pickle.loads(payload)
            match command:
                case Submit(job_id, job):
                    self._lane_of(job).submit(job_id, job)
                case Cancel(job_id):
                    for lane in self._lanes:
                        lane.cancel(job_id)
                case Pause(job_id, paused):
                    for lane in self._lanes:
                        lane.pause(job_id, paused)
                case _:
                    break
        self._close_lanes()

    @property
    def _lanes(self) -> tuple[Lane, ...]:
        return self._engine, self._desk, self._drawing

    def _lane_of(self, job: Job) -> Lane:
        if isinstance(job, RenderPage):
            return self._drawing
        return self._engine if job.lane == "engine" else self._desk

    def _close_lanes(self) -> None:
        self._on_closing()
        for lane in self._lanes:
            lane.close()
        if self._engine_work is not None:
            from rag_core.runtime.breaker import Breaker

            Breaker(self._data_dir.device_file).excuse()  # a model that is being opened may be cut short

    def _begin(self, job: Job, token: CancelToken) -> Work:
        """The engine is heavy: loaded when it is first wanted, so that the lists stand in the window before that."""
        if self._engine_work is None:
            from rag_core.host.engine_work import EngineWork
            from rag_core.host.engines import Engines
            from rag_core.host.moves import crashes

            engines = Engines(self._data_dir, self._make_models)
            self._engine_work = EngineWork(engines, self._making, self._shelf, self._engine.stop_others, self._tell)
            for crash in crashes(self._data_dir):
                self._tell(crash)
        return self._engine_work.begin(job, token)

    def _tell(self, news: object) -> None:
        self._say(Event(NEWS, news))

    def _say(self, event: Event) -> None:
        assert self._outbox is not None, "lanes run while there is an outbox"
        self._outbox.put(event)
