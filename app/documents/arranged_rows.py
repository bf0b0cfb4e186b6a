"""Rows that sort and filter themselves in slices of a few milliseconds, while they change.

What arrives waits in an inbox. Rows move by layout changes alone, so the selection stays on what was chosen.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QTimer, Signal

from app.documents.document_cells import COLUMNS
from app.documents.document_rows import DocumentRow, Wanted, arrange, by_name
from app.kit.side_list import Index

_SLICE_S = 0.008  # of work between two turns of the event loop
_PAUSE_MS = 250  # between two new orders while documents keep arriving


class ArrangedRows(QAbstractTableModel):
    """What the documents table rests on; a subclass knows the rows, and says in `_wanted` which are shown.

    `arranging` and `arranged` stand around every change of order, for a view that keeps its place. `counts_changed`
    follows any change of the totals; `settled` when nothing is left to do.
    """

    arranging = Signal()
    arranged = Signal()
    counts_changed = Signal()
    settled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: list[DocumentRow] = []
        self._named: list[DocumentRow] = []  # all, by name
        self._arrived: list[DocumentRow] = []  # all that are not among these yet
        self._has_gone = False
        self._round = 0
        self._inbox: deque[Callable[[], Iterable[None]]] = deque()
        self._touched: set[DocumentRow] = set()
        self._steps: Generator[None, None, None] | None = None
        self._order_due = False
        self._tick = QTimer(self, singleShot=True, interval=0)
        self._tick.timeout.connect(self._work)
        self._later = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._later.timeout.connect(self._order_now)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(COLUMNS)

    def row_at(self, position: int) -> DocumentRow | None:
        return self._shown[position] if 0 <= position < len(self._shown) else None

    @property
    def is_settled(self) -> bool:
        return self._steps is None and not self._inbox and not self._order_due and not self._later.isActive()

    def _wanted(self) -> Wanted:
        raise NotImplementedError

    def _drop_work(self) -> None:
        self._inbox.clear()
        self._steps = None
        self._order_due = False
        self._later.stop()
        self._tick.stop()

    # Work in slices

    def _later_on(self, work: Callable[[], Iterable[None]]) -> None:
        self._inbox.append(work)
        if not self._tick.isActive():
            self._tick.start()

    def _order_now(self) -> None:
        self._later.stop()
        self._order_due = True
        if not self._tick.isActive():
            self._tick.start()

    def _order_soon(self) -> None:
        if not self._shown:
            self._order_due = True
        elif not self._later.isActive():
            self._later.start()

    def _work(self) -> None:
        until = time.perf_counter() + _SLICE_S
        if self._steps is None:
            self._steps = self._all_steps()
        done = False
        while not done and time.perf_counter() < until:
            done = next(self._steps, self) is self
        self._tell_touched()
        if not done:
            self._tick.start()
            return
        self._steps = None
        if self.is_settled:
            self.settled.emit()

    def _all_steps(self) -> Generator[None, None, None]:
        while self._inbox or self._order_due:
            while self._inbox:
                yield from self._inbox.popleft()()
                yield
            if self._order_due:
                yield from self._arrange()

    def _arrange(self) -> Generator[None, None, None]:
        self._order_due = False
        wanted = self._wanted()
        yield from self._sort_names()
        self._round += 1
        ordering = arrange(self._named, wanted, self._round)
        while not self._order_due:  # else: the person typed on, and this order is not wanted any more
            try:
                next(ordering)
            except StopIteration as end:
                self._show(end.value)
                return
            yield

    def _sort_names(self) -> Generator[None, None, None]:
        """All rows by name: what arrived is merged in, what is gone is left out."""
        if self._has_gone:
            self._has_gone = False
            self._named = [row for row in self._named if not row.gone]
            self._arrived = [row for row in self._arrived if not row.gone]
            yield
        if self._arrived:
            self._arrived.sort(key=by_name)
            yield
            self._named += self._arrived
            self._arrived = []
            self._named.sort(key=by_name)
            yield

    def _show(self, wanted: list[DocumentRow]) -> None:
        if wanted == self._shown:
            return
        self.arranging.emit()
        staying = self._without_others()
        arriving = [row for row in wanted if row.position < 0]
        if arriving:
            self.beginInsertRows(QModelIndex(), len(staying), len(wanted) - 1)
            self._shown = staying + arriving
            self._number()
            self.endInsertRows()
        self._permute(wanted)
        self.arranged.emit()
        self.counts_changed.emit()

    def _without_others(self) -> list[DocumentRow]:
        """The shown rows that this round keeps; the others are moved to the end and removed there."""
        staying = [row for row in self._shown if row.round == self._round]
        if len(staying) < len(self._shown):
            leaving = [row for row in self._shown if row.round != self._round]
            self._permute(staying + leaving)
            self.beginRemoveRows(QModelIndex(), len(staying), len(self._shown) - 1)
            self._shown = staying
            for row in leaving:
                row.position = -1
            self.endRemoveRows()
        return staying

    def _permute(self, after: list[DocumentRow]) -> None:
        before = self._shown
        if before == after:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        self._shown = after
        self._number()
        moved = [self.index(before[index.row()].position, index.column()) for index in held]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _number(self) -> None:
        for position, row in enumerate(self._shown):
            row.position = position

    def _tell_touched(self) -> None:
        if not self._touched:
            return
        positions = [row.position for row in self._touched if row.position >= 0]
        self._touched.clear()
        if positions:
            last = self.index(max(positions), len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(min(positions), 0), last)
        self.counts_changed.emit()
