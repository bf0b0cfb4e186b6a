"""A model on the best place that works, and on the next one when that place fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from rag_core.errors import DeviceFailed, PackCorrupt, PackMissing, ProviderUnavailable, UserError
from rag_core.runtime.choice import Choice, Place, Surroundings
from rag_core.runtime.devices import CPU
from rag_core.runtime.session import Session, open_on

Opened = TypeVar("Opened")
Item = TypeVar("Item")
Done = TypeVar("Done")

# What says that a place does not work, and nothing about the work itself.
FAILURES = (DeviceFailed, ProviderUnavailable, PackCorrupt, PackMissing)


@dataclass(frozen=True, slots=True)
class Spot(Generic[Opened]):
    """A place to work at: its plain name, how to open the model there, and who is told (why) when the device fails."""

    name: str
    open: Callable[[], Opened]
    failed: Callable[[str], None]


class Spots(Generic[Opened]):
    """`now` is open on the first of `spots` that works, best first. Raises one of FAILURES where none does.

    `reason` is why there is no better spot from the beginning; what happens later is added to it.
    """

    def __init__(self, spots: Sequence[Spot[Opened]], reason: str = "") -> None:
        self._left = list(spots)
        self._reasons = [reason] if reason else []
        self._moving = threading.Lock()
        self.now = self._first_that_opens(moved=False)

    @property
    def reason(self) -> str:
        return " ".join(self._reasons)

    def move_on(self, left: Opened, failure: UserError) -> None:
        """Leave `left` for the next spot that opens; raises `failure` where there is none.

        Where another thread has moved on from it already there is nothing to do.
        """
        with self._moving:
            if self.now is left:
                self._give_up(failure)
                self.now = self._first_that_opens(moved=True)

    def _first_that_opens(self, moved: bool) -> Opened:
        while True:
            try:
                opened = self._left[0].open()
            except FAILURES as failure:
                self._give_up(failure)
                moved = True
                continue
            if moved:
                self._reasons.append(f"Now {self._left[0].name} is used.")
            return opened

    def _give_up(self, failure: UserError) -> None:
        """Strike the first spot out. A device that fails is remembered; one that is not there, or files that are
        damaged, say nothing about the device.
        """
        if isinstance(failure, DeviceFailed):
            self._left[0].failed(str(failure.message))
        if len(self._left) == 1:
            raise failure
        del self._left[0]
        self._reasons.append(str(failure.message))


def carried_on(
    spots: Spots[Opened],
    items: Sequence[Item],
    work: Callable[[Opened, list[Item]], Generator[tuple[list[int], Done], None, None]],
) -> Generator[tuple[list[int], Done], None, None]:
    """What `work` yields of `items`, which rows with which result, whatever fails on the way.

    Where a device fails, refuses or hangs, the items that have no result yet go to the next spot; none is done twice or
    left out. The last spot's errors are raised.
    """
    missing = dict.fromkeys(range(len(items)))
    while missing:
        opened, asked = spots.now, list(missing)
        try:
            with closing(work(opened, [items[row] for row in asked])) as results:
                for rows, done in results:
                    there = [asked[row] for row in rows]
                    for row in there:
                        del missing[row]
                    yield there, done
        except FAILURES as failure:
            spots.move_on(opened, failure)


def spots_of(
    choice: Choice, stage: str, around: Surroundings, open_at: Callable[[Place], Opened]
) -> list[Spot[Opened]]:
    """The places of a choice, to be opened by `open_at`; what fails there is remembered for the stage."""
    return [
        Spot(place.device.name, partial(open_at, place), partial(around.breaker.failed, place.device.provider, stage))
        for place in choice.places
    ]


def at_work_at(place: Place, stage: str, around: Surroundings) -> Callable[[str], AbstractContextManager[object]]:
    """What surrounds the opening and the first run of the graph of a name: an accelerator may end the process there."""

    def at_work(graph: str) -> AbstractContextManager[object]:
        provider = place.device.provider
        return nullcontext() if provider == CPU else around.breaker.at_work(provider, stage, graph)

    return at_work


def graphs_at(place: Place, threads: int) -> Callable[[str], Session]:
    """What opens a graph of the place's pack by its name. Whoever uses it compares the files with the manifest once:
    its graphs may share one file of weights.
    """

    def open_graph(name: str) -> Session:
        return open_on(place.pack, name, place.device, target=place.target, threads=threads, check_files=False)

    return open_graph
