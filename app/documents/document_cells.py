"""What stands in one cell of the documents table: words, icon, tooltip, and what a screen reader says."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QDateTime, QLocale, Qt

from app.documents.document_rows import DocumentRow, RowState, folded
from app.kit.design import colours
from app.kit.resources import icon
from app.kit.shown_path import shown_path
from app.kit.text import date_words, language, number, tr, tr_count, tr_message

Column = Literal["name", "state", "size", "pages", "changed"]
COLUMNS: tuple[Column, ...] = ("name", "state", "size", "pages", "changed")

_Role = Qt.ItemDataRole
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def state_text(state: RowState) -> str:
    if state == "queued":
        return tr("Waiting")
    if state == "reading":
        return tr("Reading")
    if state == "keyword_searchable":
        return tr("Searchable by words")
    if state == "searchable":
        return tr("Searchable")
    return tr("Could not be read")


def state_words() -> dict[RowState, str]:
    states: tuple[RowState, ...] = ("queued", "reading", "keyword_searchable", "searchable", "failed")
    return {state: folded(state_text(state)) for state in states}


def state_look(state: RowState) -> tuple[str, str]:
    """Icon and colour of a state."""
    chosen = colours()
    if state == "queued":
        return "clock", chosen.muted
    if state == "reading":
        return "sync", chosen.accent
    if state == "keyword_searchable":
        return "search", chosen.accent
    if state == "searchable":
        return "check-circle", chosen.success
    return "warning", chosen.danger


def header(column: Column, role: int) -> object:
    if role == _Role.DisplayRole:
        return {
            "name": tr("Name"),
            "state": tr("State"),
            "size": tr("Size"),
            "pages": tr("Pages"),
            "changed": tr("Changed"),
        }[column]
    if role == _Role.TextAlignmentRole:
        return _RIGHT if column in ("size", "pages") else _LEFT
    return None


def cell(row: DocumentRow, column: Column, role: int) -> object:
    if role == _Role.DisplayRole:
        return _text(row, column)
    if role == _Role.ToolTipRole:
        return _tooltip(row, column)
    if role == _Role.AccessibleTextRole:
        return spoken(row) if column == "name" else _text(row, column)
    if role == _Role.TextAlignmentRole:
        return _RIGHT if column in ("size", "pages") else _LEFT
    if role == _Role.DecorationRole:
        if column == "name":
            return icon(row.icon, colours().muted)
        if column == "state":
            return icon(*state_look(row.state))
    return None


def spoken(row: DocumentRow) -> str:
    """The whole row in a sentence: "contract.pdf, Searchable, 12 pages"."""
    parts = [row.name, state_text(row.state)]
    if row.state == "failed" and row.reason:
        parts.append(reason_text(row))
    if row.pages:
        parts.append(tr_count(row.pages, "1 page", "{count} pages"))
    return tr(", ").join(parts)


def second_line(row: DocumentRow) -> str:
    """Under the name: why it could not be read, else where it lies."""
    return reason_text(row) if row.state == "failed" and row.reason else shown_path(row.folder)


def reason_text(row: DocumentRow) -> str:
    """What the engine says of this file, in the person's language."""
    return tr_message(row.reason) if row.reason else ""


def _text(row: DocumentRow, column: Column) -> str:
    if column == "name":
        return row.name
    if column == "state":
        return state_text(row.state)
    if column == "pages":
        return number(row.pages) if row.pages else ""
    if column == "size":
        size = QLocale(language()).formattedDataSize(row.size_bytes, 1, QLocale.DataSizeFormat.DataSizeSIFormat)
        return size if row.size_bytes >= 0 else ""
    if not row.modified_ns:
        return ""
    return date_words(QDateTime.fromMSecsSinceEpoch(row.modified_ns // 1_000_000).date())


def _tooltip(row: DocumentRow, column: Column) -> str:
    if column == "state" and row.state == "keyword_searchable":
        return tr("Can be found by its words already; its meaning is still being learned.")
    if row.reason:
        return f"{row.path}\n{reason_text(row)}"
    return row.path
