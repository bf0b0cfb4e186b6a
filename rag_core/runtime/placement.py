"""A stage's model on the best place that works, and on the next one when that place fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Generic, Protocol, TypeVar

from rag_core.errors import DeviceFailed, PackCorrupt, PackMissing, ProviderUnavailable, UserError
from rag_core.messages import NOTHING, Message, joined, say
from rag_core.runtime.devices import Device
from rag_core.runtime.memory import return_free_memory
from rag_core.runtime.pack import Graph
from rag_core.runtime.places import Place, Places

# What says that a place does not work, and nothing about the work itself.
FAILURES = (DeviceFailed, ProviderUnavailable, PackCorrupt, PackMissing)


class Backend(Protocol):
    """What computes at one place. `graphs` of the place's pack are open; `reason` says why not better ones of it."""

    @property
    def graphs(self) -> Sequence[Graph]: ...

    @property
    def reason(self) -> Message: ...


Opened = TypeVar("Opened", bound=Backend)
Item = TypeVar("Item")
Done = TypeVar("Done")


class Placement(Generic[Opened]):
    """What is open of a stage, where, and why there.

    It is opened by `open_at`, on the first of `places` that works, when it is first needed; after `close`, when it is
    needed again. The places themselves may be looked for then, too. Where a device fails, refuses or hangs, it moves on
    to the next, and `reason` tells. Safe to use from several threads: who is at work while it is closed, or moves on,
    ends that work with what they have. `let_go` is for what has to be told that it is not needed any more.
    """

    def __init__(
        self,
        places: Places | Callable[[], Places],
        open_at: Callable[[Place], Opened],
        let_go: Callable[[Opened], None] | None = None,
    ) -> None:
        self._places = places
        self._left: list[Place] = []
        self._reasons: list[Message] = []
        self._open_at = open_at
        self._let_go = let_go
        self._opened: Opened | None = None
        self._moving = threading.Lock()

    def opened(self) -> Opened:
        """What is open. Raises one of FAILURES where no place works."""
        if (opened := self._opened) is not None:
            return opened
        with self._moving:
            if self._opened is None:
                self._opened = self._first_that_opens(moved=False)
            return self._opened

    @property
    def is_open(self) -> bool:
        return self._opened is not None

    @property
    def place(self) -> Place:
        """Where it is open, or will be. Raises what looking for places does."""
        if not self._left:
            self._left = list(self._known_places().found)
        return self._left[0]

    @property
    def device(self) -> Device:
        return self.place.device

    @property
    def has_moved(self) -> bool:
        """Whether it had to leave the best place that it could have had."""
        return self.place is not self._known_places().found[0]

    @property
    def reason(self) -> Message:
        """Why it does not run better; empty where nothing was denied."""
        opened = self._opened
        return joined([self._known_places().reason, *self._reasons, opened.reason if opened is not None else NOTHING])

    @property
    def precision(self) -> str:
        """How its graphs compute: "int8", "fp16", "fp32" ..."""
        graphs = self._graphs() or self.place.pack.manifest.graphs
        return graphs[0].precision

    @property
    def bytes(self) -> int:
        """Of the files of the graphs that are open, each counted once, weights included."""
        wanted = {path for graph in self._graphs() for path in graph.files or (graph.path,)}
        return sum(file.bytes for file in self.place.pack.manifest.files if file.path in wanted)

    def close(self) -> None:
        """Give the memory back. The next use opens it again, where it was."""
        with self._moving:
            self._drop()
        return_free_memory()

    def move_on(self, left: Opened, failure: UserError) -> bool:
        """Leave `left` for the next place that opens; False where there is none.

        Where another thread has moved on from it already there is nothing to do.
        """
        with self._moving:
            if self._opened is left:
                self._drop()
                if not self._give_up(failure):
                    return False
                self._opened = self._first_that_opens(moved=True)
        return True

    def carried_on(
        self,
        items: Sequence[Item],
        work: Callable[[Opened, list[Item]], Generator[tuple[list[int], Done], None, None]],
    ) -> Generator[tuple[list[int], Done], None, None]:
        """What `work` yields of `items`, which rows with which result, whatever fails on the way.

        Where a device fails, the items that have no result yet go to the next place; none is done twice or left out.
        The last place's errors are raised.
        """
        missing = dict.fromkeys(range(len(items)))
        while missing:
            opened, asked = self.opened(), list(missing)
            try:
                with closing(work(opened, [items[row] for row in asked])) as results:
                    for rows, done in results:
                        there = [asked[row] for row in rows]
                        for row in there:
                            del missing[row]
                        yield there, done
            except FAILURES as failure:
                if not self.move_on(opened, failure):
                    raise

    def continued(self, start: Callable[[Opened, list[Item]], Iterator[Item]]) -> Iterator[Item]:
        """What `start` yields, which is told what was yielded before: where a device fails, the next place makes what
        is missing, and nothing is made again. The last place's errors are raised.
        """
        made: list[Item] = []
        while True:
            opened = self.opened()
            try:
                for item in start(opened, list(made)):
                    made.append(item)
                    yield item
                return
            except FAILURES as failure:
                if not self.move_on(opened, failure):
                    raise

    def _known_places(self) -> Places:
        if not isinstance(self._places, Places):
            self._places = self._places()
        return self._places

    def _graphs(self) -> Sequence[Graph]:
        opened = self._opened
        return opened.graphs if opened is not None else ()

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None and self._let_go is not None:
            self._let_go(opened)

    def _first_that_opens(self, moved: bool) -> Opened:
        while True:
            place = self.place
            try:
                opened = self._open_at(place)
            except FAILURES as failure:
                if not self._give_up(failure):
                    raise
                moved = True
                continue
            if moved:
                self._reasons.append(say("now-on-device", device=self.device.spoken))
            return opened

    def _give_up(self, failure: UserError) -> bool:
        """Strike the first place out; False where it is the last. A device that fails is remembered; one that is not
        there, or files that are damaged, say nothing about the device.
        """
        if isinstance(failure, DeviceFailed):
            self.place.failed(failure.message)
        if len(self._left) == 1:
            return False
        del self._left[0]
        self._reasons.append(failure.message)
        return True
