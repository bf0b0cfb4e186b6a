"""The libraries as a list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from app.kit.side_list import Index
from app.kit.text import tr, tr_count, tr_message
from rag_core.library.records import LibraryInfo


class LibrariesModel(QAbstractListModel):
    """Rows are `LibraryInfo`. A new list is laid over the old one, so that the selection and the place stay."""

    InfoRole = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._infos: list[LibraryInfo] = []

    @property
    def infos(self) -> tuple[LibraryInfo, ...]:
        return tuple(self._infos)

    def info(self, name: str) -> LibraryInfo | None:
        return next((info for info in self._infos if info.name == name), None)

    def row_of(self, name: str) -> int:
        return next((row for row, info in enumerate(self._infos) if info.name == name), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._infos)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self._infos):
            return None
        info = self._infos[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return info.name
        if role == self.InfoRole:
            return info
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (info.name, counted(info), state_reason(info))))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return tr(", ").join(filter(None, (info.name, counted(info), state_reason(info))))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable if index.isValid() else Qt.ItemFlag.NoItemFlags

    def show(self, infos: Sequence[LibraryInfo]) -> None:
        """Keeps rows that stay; `infos` come ordered."""
        wanted = list(infos)
        kept_names = {info.name for info in wanted}
        for row in range(len(self._infos) - 1, -1, -1):
            if self._infos[row].name not in kept_names:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._infos[row]
                self.endRemoveRows()
        for row, info in enumerate(wanted):
            self._lay(row, info)

    def _lay(self, row: int, info: LibraryInfo) -> None:
        known = self.row_of(info.name)
        if known < 0:
            self.beginInsertRows(QModelIndex(), row, row)
            self._infos.insert(row, info)
            self.endInsertRows()
            return
        if known != row:
            self.beginMoveRows(QModelIndex(), known, known, QModelIndex(), row)
            self._infos.insert(row, self._infos.pop(known))
            self.endMoveRows()
        if self._infos[row] != info:
            self._infos[row] = info
            self.dataChanged.emit(self.index(row), self.index(row))


def counted(info: LibraryInfo) -> str:
    """How many documents it holds."""
    if not info.documents:
        return tr("No documents yet")
    return tr_count(info.documents, "1 document", "{count} documents")


def state_reason(info: LibraryInfo) -> str:
    """Why a library is not simply ready; "" when it is."""
    if info.state == "ready":
        return ""
    if info.state == "unfinished":
        return tr("Searchable by words; its meaning is still being learned.")
    if info.reason:
        return tr_message(info.reason)
    if info.state == "locked":
        return tr("Another program is writing to it.")
    if info.state == "rebuild":
        return tr("It has to be prepared anew before it can be searched by meaning.")
    if info.state == "too_new":
        return tr("It was made by a newer version of Alcove.")
    return tr("Its file is damaged.")


def can_be_opened(info: LibraryInfo) -> bool:
    return info.state not in ("too_new", "damaged")
