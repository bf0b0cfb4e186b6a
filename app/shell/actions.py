"""Every shortcut of the window in one table: the actions are made from it, and so is the cheat sheet."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.kit.text import tr


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`name` is "" where a widget has the key to itself and the table only tells of it. `keys`: any of them works."""

    name: str
    keys: tuple[str, ...]
    label: str
    group: str


def shortcuts() -> tuple[Shortcut, ...]:
    """The table, in the language in use."""
    asking, documents, window = tr("Asking"), tr("Documents and sources"), tr("Window")
    return (
        Shortcut("focus_question", ("Ctrl+L",), tr("Go to the question box"), asking),
        Shortcut("", ("Return",), tr("Send the question"), asking),
        Shortcut("", ("Shift+Return",), tr("Start a new line"), asking),
        Shortcut("", ("Up",), tr("Bring back the last question"), asking),
        Shortcut("", ("Esc",), tr("Stop the answer, or close the source"), asking),
        Shortcut("new_conversation", ("Ctrl+N",), tr("New conversation"), asking),
        Shortcut("search_conversations", ("Ctrl+K",), tr("Search conversations"), asking),
        Shortcut("add_files", ("Ctrl+O",), tr("Add files"), documents),
        Shortcut("add_folder", ("Ctrl+Shift+O",), tr("Add a folder"), documents),
        Shortcut("show_documents", ("Ctrl+D",), tr("Show the documents"), documents),
        Shortcut("find_in_document", ("Ctrl+F",), tr("Find in the document"), documents),
        Shortcut("", ("F3",), tr("Next place found"), documents),
        Shortcut("", ("Alt+Right",), tr("Next citation"), documents),
        Shortcut("", ("Alt+Left",), tr("Previous citation"), documents),
        Shortcut("", ("Ctrl+PgDown",), tr("Next page"), documents),
        Shortcut("", ("Ctrl++",), tr("Larger page"), documents),
        Shortcut("toggle_side", ("Ctrl+B",), tr("Show or hide the sidebar"), window),
        Shortcut("cycle_panes", ("F6",), tr("Go to the next part of the window"), window),
        Shortcut("show_settings", ("Ctrl+,",), tr("Settings"), window),
        Shortcut("show_shortcuts", ("F1",), tr("Keyboard shortcuts"), window),
        Shortcut("quit", ("Ctrl+Q",), tr("Quit Alcove"), window),
    )


def make_actions(parent: QWidget) -> dict[str, QAction]:
    """One action for each named row, working wherever the focus is in the window."""
    made = {}
    for row in shortcuts():
        if row.name:
            action = QAction(parent)
            action.setShortcuts([QKeySequence(keys) for keys in row.keys])
            parent.addAction(action)
            made[row.name] = action
    return made


def name_actions(actions: dict[str, QAction]) -> None:
    """Words in the language in use."""
    for row in shortcuts():
        if row.name:
            actions[row.name].setText(row.label)


def shown_keys(row: Shortcut) -> str:
    """As this system writes them: "Ctrl+N", or ⌘N."""
    return QKeySequence(row.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
