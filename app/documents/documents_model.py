"""The documents of a library as a table that sorts and filters itself, in pieces, while it changes.

Nothing here blocks for long: what arrives waits in an inbox and is worked off in slices of a few milliseconds.
Rows move by layout changes alone, so the selection stays on the documents that were chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt

from app.documents.arranged_rows import ArrangedRows
from app.documents.document_cells import COLUMNS, cell, header, state_words
from app.documents.document_rows import (
    SHOWN_BY,
    DocumentRow,
    RowState,
    StateFilter,
    Wanted,
    fill,
    folded,
    row_of,
)
from app.kit.side_list import Index
from app.kit.text import tr, tr_count
from rag_core.host.events import DocumentsListed
from rag_core.paths import is_inside
from rag_core.types import Document, DocumentsSearchable, FileReading, FilesQueued

_STEP = 100


class DocumentsModel(ArrangedRows):
    """All documents of one library. `RowRole` gives the `DocumentRow`."""

    RowRole = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, DocumentRow] = {}
        self._ids: dict[str, list[DocumentRow]] = {}
        self._counts: Counter[RowState] = Counter()
        self._listing = 0
        self._filter_text = ""
        self._state_filter: StateFilter = "all"
        self._sorted_by = ("name", False)
        self.is_loading = False

    # What a view asks

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
        self._drop_work()
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
        elif isinstance(payload, Document):
            self._later_on(lambda: self._put((payload,)))
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

    def _wanted(self) -> Wanted:
        column, descending = self._sorted_by
        words = tuple(folded(self._filter_text).split())
        return Wanted(words, SHOWN_BY[self._state_filter], column, descending, state_words() if words else {})

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
        return tr("{shown} of {total} documents", shown=model.rowCount(), total=total)
    readable = tr_count(total - failed, "1 document", "{count} documents")
    if not failed:
        return readable
    return f"{readable} · {tr_count(failed, '1 file could not be read', '{count} files could not be read')}"
