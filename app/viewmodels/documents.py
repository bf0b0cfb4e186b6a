"""The documents of a library as a table that sorts and filters itself, in pieces, while it changes.

Nothing here blocks for long: what arrives waits in an inbox and is worked off in slices of a few milliseconds.
Rows move by layout changes alone, so the selection stays on the documents that were chosen.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from app.text import tr, tr_count
from app.viewmodels.document_cells import COLUMNS, cell, header, state_words
from app.viewmodels.document_rows import (
    SHOWN_BY,
    DocumentRow,
    RowState,
    StateFilter,
    Wanted,
    arrange,
    by_name,
    fill,
    folded,
    row_of,
)
from rag_core.host.events import DocumentsListed
from rag_core.paths import is_inside
from rag_core.types import Document, DocumentsSearchable, FileDone, FileReading, FilesQueued

Index = QModelIndex | QPersistentModelIndex
_SLICE_S = 0.008  # of work between two turns of the event loop
_PAUSE_MS = 250  # between two new orders while documents keep arriving
_STEP = 100


class DocumentsModel(QAbstractTableModel):
    """`arranging` and `arranged` stand around every change of order, for a view that keeps its place.

    `counts_changed` follows any change of the totals; `settled` when nothing is left to do.
    """

    RowRole = Qt.ItemDataRole.UserRole
    arranging = Signal()
    arranged = Signal()
    counts_changed = Signal()
    settled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, DocumentRow] = {}
        self._ids: dict[str, list[DocumentRow]] = {}
        self._shown: list[DocumentRow] = []
        self._named: list[DocumentRow] = []  # all, by name
        self._arrived: list[DocumentRow] = []  # all that are not among these yet
        self._has_gone = False
        self._round = 0
        self._counts: Counter[RowState] = Counter()
        self._inbox: deque[Callable[[], Iterable[None]]] = deque()
        self._touched: set[DocumentRow] = set()
        self._steps: Generator[None, None, None] | None = None
        self._order_due = False
        self._listing = 0
        self._filter_text = ""
        self._state_filter: StateFilter = "all"
        self._sorted_by = ("name", False)
        self.is_loading = False
        self._tick = QTimer(self, singleShot=True, interval=0)
        self._tick.timeout.connect(self._work)
        self._later = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._later.timeout.connect(self._order_now)

    # What a view asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = index.row()
        if not 0 <= row < len(self._shown):
            return None
        if role == self.RowRole:
            return self._shown[row]
        return cell(self._shown[row], COLUMNS[index.column()], role)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        return header(COLUMNS[section], role)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted_by = (COLUMNS[max(column, 0)], order == Qt.SortOrder.DescendingOrder)
        self._order_now()

    def row_at(self, position: int) -> DocumentRow | None:
        return self._shown[position] if 0 <= position < len(self._shown) else None

    def row_of_path(self, path: str) -> DocumentRow | None:
        return self._rows.get(path)

    @property
    def total(self) -> int:
        """All documents, shown or not."""
        return len(self._rows)

    def count(self, which: StateFilter) -> int:
        return sum(self._counts[state] for state in SHOWN_BY[which])

    def count_below(self, folders: Sequence[Path]) -> dict[Path, int]:
        """How many documents lie below each folder."""
        below = Counter(row.folder for row in self._rows.values())
        return {
            folder: sum(count for name, count in below.items() if is_inside(name, str(folder))) for folder in folders
        }

    @property
    def is_settled(self) -> bool:
        return self._steps is None and not self._inbox and not self._order_due and not self._later.isActive()

    # What the person narrows

    @property
    def state_filter(self) -> StateFilter:
        return self._state_filter

    @property
    def is_narrowed(self) -> bool:
        return bool(self._filter_text.strip()) or self._state_filter != "all"

    def set_filter(self, text: str) -> None:
        self._filter_text = text
        self._order_now()

    def set_state_filter(self, which: StateFilter) -> None:
        self._state_filter = which
        self._order_now()

    # What the engine says

    def clear(self) -> None:
        """Another library: forget everything."""
        self._inbox.clear()
        self._steps = None
        self._order_due = False
        self._later.stop()
        self._tick.stop()
        self.beginResetModel()
        self._rows, self._ids, self._shown, self._named, self._arrived = {}, {}, [], [], []
        self._counts.clear()
        self._touched.clear()
        self.is_loading = False
        self.endResetModel()
        self.counts_changed.emit()

    def begin_listing(self) -> None:
        """A list of everything follows; what it does not name, and is not being read, is gone at its end."""
        self.is_loading = True
        self._later_on(self._begin_listing)

    def end_listing(self) -> None:
        self._later_on(self._end_listing)

    def receive(self, payload: object) -> None:
        """Any step of adding; other payloads are passed over."""
        if isinstance(payload, DocumentsListed):
            self._later_on(lambda: self._put(payload.documents))
        elif isinstance(payload, FilesQueued):
            self._later_on(lambda: self._queue(payload.paths))
        elif isinstance(payload, FileReading):
            self._later_on(lambda: self._read(payload.path))
        elif isinstance(payload, FileDone):
            self._later_on(lambda: self._put((payload.document,)))
        elif isinstance(payload, DocumentsSearchable):
            self._later_on(lambda: self._make_searchable(payload.document_ids))

    def remove_paths(self, paths: Iterable[str]) -> None:
        self._later_on(lambda: self._remove(list(paths)))

    def drop_unfinished(self) -> None:
        """Adding ended: what was still waiting is what it was before, or is not in the library."""
        self._later_on(self._drop_unfinished)

    def show_other_words(self) -> None:
        """The language or the theme changed: everything is painted anew."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(COLUMNS) - 1))

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
        column, descending = self._sorted_by
        words = tuple(folded(self._filter_text).split())
        wanted = Wanted(words, SHOWN_BY[self._state_filter], column, descending, state_words() if words else {})
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

    # The rows themselves

    def _row(self, path: str) -> DocumentRow:
        found = self._rows.get(path)
        if found is None:
            found = self._rows[path] = row_of(path)
            self._arrived.append(found)
            self._counts[found.state] += 1
            self._order_soon()
        return found

    def _set_state(self, row: DocumentRow, state: RowState) -> None:
        if row.state != state:
            self._counts[row.state] -= 1
            self._counts[state] += 1
            row.state = state
            if self._sorted_by[0] == "state" or self._state_filter != "all" or self._filter_text:
                self._order_soon()
        self._touched.add(row)

    def _begin_listing(self) -> Generator[None, None, None]:
        self._listing += 1
        yield

    def _end_listing(self) -> Generator[None, None, None]:
        yield
        self.is_loading = False
        gone = [
            row.path
            for row in self._rows.values()
            if row.listing != self._listing and (row.state not in ("queued", "reading") or row.before)
        ]
        yield from self._remove(gone)
        self.counts_changed.emit()

    def _put(self, documents: Sequence[Document]) -> Generator[None, None, None]:
        for number, document in enumerate(documents, 1):
            row = self._row(document.path)
            state: RowState = document.state
            self._set_state(row, state)
            self._index(row, document.document_id)
            fill(row, document)
            row.listing = self._listing
            if number % _STEP == 0:
                yield
        if self._sorted_by[0] not in ("name", "state"):
            self._order_soon()

    def _index(self, row: DocumentRow, document_id: str) -> None:
        """Files with the same bytes share their id."""
        if row.document_id != document_id:
            before = self._ids.get(row.document_id, [])
            if row in before:
                before.remove(row)
            if not before:
                self._ids.pop(row.document_id, None)
            if document_id:
                self._ids.setdefault(document_id, []).append(row)
            row.document_id = document_id

    def _queue(self, paths: Sequence[str]) -> Generator[None, None, None]:
        for number, path in enumerate(paths, 1):
            known = self._rows.get(path)
            row = self._row(path)
            if known and known.before is None and known.state not in ("queued", "reading"):
                known.before = known.state
            self._set_state(row, "queued")
            if number % _STEP == 0:
                yield

    def _read(self, path: str) -> Generator[None, None, None]:
        row = self._row(path)
        if row.before is None and row.state not in ("queued", "reading"):
            row.before = row.state
        self._set_state(row, "reading")
        yield

    def _make_searchable(self, document_ids: Sequence[str]) -> Generator[None, None, None]:
        for number, document_id in enumerate(document_ids, 1):
            for row in self._ids.get(document_id, ()):
                if row.state == "keyword_searchable":
                    self._set_state(row, "searchable")
            if number % _STEP == 0:
                yield

    def _remove(self, paths: Sequence[str]) -> Generator[None, None, None]:
        for number, path in enumerate(paths, 1):
            row = self._rows.pop(path, None)
            if row is not None:
                self._counts[row.state] -= 1
                self._index(row, "")
                row.gone = self._has_gone = True
            if number % _STEP == 0:
                yield
        if paths:
            self._order_due = True

    def _drop_unfinished(self) -> Generator[None, None, None]:
        unfinished = [row for row in self._rows.values() if row.state in ("queued", "reading")]
        yield
        for row in unfinished:
            if row.before is not None:
                self._set_state(row, row.before)
                row.before = None
        yield from self._remove([row.path for row in unfinished if row.state in ("queued", "reading")])


def summary(model: DocumentsModel) -> str:
    """What stands under the title: how many there are, and how many could not be read."""
    total, failed = model.total, model.count("failed")
    if model.is_narrowed:
        return tr("{shown} of {total} documents", shown=f"{model.rowCount():,}", total=f"{total:,}")
    readable = tr_count(total - failed, "1 document", "{count} documents")
    if not failed:
        return readable
    return f"{readable} · {tr_count(failed, '1 file could not be read', '{count} files could not be read')}"
