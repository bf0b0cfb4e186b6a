"""The list of conversations: grouped by day, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QDate, QModelIndex, QObject, Qt, Signal

from app.kit.side_list import Index
from app.kit.text import date_words, tr
from rag_core.conversations.records import Conversation


class Role(IntEnum):
    """What the list's painter asks for."""

    CONVERSATION = Qt.ItemDataRole.UserRole + 1
    IS_GROUP = Qt.ItemDataRole.UserRole + 2
    DAY = Qt.ItemDataRole.UserRole + 3


@dataclass(frozen=True, slots=True)
class _Row:
    """A conversation, or the name of the group that follows."""

    group: str = ""
    conversation: Conversation | None = None


class ConversationListModel(QAbstractListModel):
    """`rename_requested` carries (conversation_id, title) when a title was edited in place."""

    rename_requested = Signal(int, str)
    current_changed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._conversations: tuple[Conversation, ...] = ()
        self.current_id = 0
        self.query = ""

    def set_conversations(self, conversations: Sequence[Conversation]) -> None:
        self.beginResetModel()
        self._conversations = tuple(conversations)
        self._rows = _grouped(self._conversations, datetime.now().astimezone().date())
        self.endResetModel()

    def regroup(self) -> None:
        """The language changed: name the groups again."""
        self.set_conversations(self._conversations)

    def set_title(self, conversation_id: int, title: str) -> None:
        """Show a new title before it is stored."""
        for number, row in enumerate(self._rows):
            if row.conversation and row.conversation.conversation_id == conversation_id:
                self._rows[number] = _Row("", replace(row.conversation, title=title))
                self.dataChanged.emit(self.index(number), self.index(number))

    def set_current(self, conversation_id: int) -> None:
        """Which conversation is on the screen; 0 for a new one."""
        self.current_id = conversation_id
        self.current_changed.emit(conversation_id)

    def conversation_at(self, index: Index) -> Conversation | None:
        if not index.isValid() or not 0 <= index.row() < len(self._rows):
            return None
        return self._rows[index.row()].conversation

    def row_of(self, conversation_id: int) -> int:
        """-1 where it is not listed."""
        for number, row in enumerate(self._rows):
            if row.conversation and row.conversation.conversation_id == conversation_id:
                return number
        return -1

    def title_of(self, conversation_id: int) -> str:
        row = self.row_of(conversation_id)
        conversation = self._rows[row].conversation if row >= 0 else None
        return conversation.title if conversation else ""

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        return self._conversations

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Role.IS_GROUP:
            return row.conversation is None
        if row.conversation is None:
            return row.group if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.conversation.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.conversation.title}\n{day_of(row.conversation)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.conversation.title}, {day_of(row.conversation)}"
        return (
            {Role.CONVERSATION: row.conversation, Role.DAY: day_of(row.conversation)}.get(Role(role))
            if (role in tuple(Role))
            else None
        )

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        conversation = self.conversation_at(index)
        title = " ".join(str(value).split())
        if conversation is None or role != Qt.ItemDataRole.EditRole or not title or title == conversation.title:
            return False
        self.set_title(conversation.conversation_id, title)
        self.rename_requested.emit(conversation.conversation_id, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.conversation_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable


def _grouped(conversations: Sequence[Conversation], today: date) -> list[_Row]:
    rows: list[_Row] = []
    previous = ""
    for conversation in conversations:
        day = _local(conversation.updated_ns).date()
        if day >= today:
            group = tr("Today")
        elif day == today - timedelta(days=1):
            group = tr("Yesterday")
        else:
            group = tr("Earlier")
        if group != previous:
            rows.append(_Row(group))
            previous = group
        rows.append(_Row("", conversation))
    return rows


def _local(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns / 1e9).astimezone()


def day_of(conversation: Conversation) -> str:
    """The time for today, the date for everything earlier."""
    when = _local(conversation.updated_ns)
    is_today = when.date() == datetime.now().astimezone().date()
    return f"{when:%H:%M}" if is_today else date_words(QDate(when.year, when.month, when.day))
