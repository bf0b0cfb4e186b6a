"""Rows and columns, as they are read: `column(title, row(field, button), STRETCH, on=self)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

Margins = tuple[int, int, int, int]
_NONE: Margins = (0, 0, 0, 0)
_NO_SIDE = Qt.AlignmentFlag(0)
Box = TypeVar("Box", bound=QBoxLayout)


@dataclass(frozen=True, slots=True)
class Placed:
    """A part with its share of the room that is left, or at one side of its own."""

    part: QWidget | QLayout
    share: int = 0
    side: Qt.AlignmentFlag = _NO_SIDE


@dataclass(frozen=True, slots=True)
class Stretch:
    """Room that nothing needs."""

    share: int = 1


Part = QWidget | QLayout | Placed | Stretch | int  # a number is a gap
STRETCH = Stretch()


def row(*parts: Part, gap: int = -1, margins: Margins = _NONE, on: QWidget | None = None) -> QHBoxLayout:
    """From left to right, on a widget or to be laid into something. `gap` between two parts; -1 is the style's own."""
    return _fill(QHBoxLayout(on) if on else QHBoxLayout(), parts, gap, margins)


def column(*parts: Part, gap: int = -1, margins: Margins = _NONE, on: QWidget | None = None) -> QVBoxLayout:
    """From top to bottom."""
    return _fill(QVBoxLayout(on) if on else QVBoxLayout(), parts, gap, margins)


def wide(part: QWidget | QLayout, share: int = 1) -> Placed:
    """Takes the room that is left."""
    return Placed(part, share)


def at_top(part: QWidget | QLayout) -> Placed:
    return Placed(part, side=Qt.AlignmentFlag.AlignTop)


def at_left(part: QWidget | QLayout) -> Placed:
    return Placed(part, side=Qt.AlignmentFlag.AlignLeft)


def held(layout: QLayout, kind: str = "") -> QFrame:
    """A widget around a layout."""
    frame = QFrame()
    if kind:
        frame.setProperty("kind", kind)
    frame.setLayout(layout)
    return frame


def line() -> QFrame:
    """A fine line between two parts."""
    frame = QFrame()
    frame.setProperty("kind", "line")
    return frame


def scrolled(content: QWidget, area: QScrollArea | None = None) -> QScrollArea:
    """Up and down alone, without a frame; the keyboard goes to what is inside."""
    area = area or QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return area


def clear(layout: QLayout) -> None:
    """Take out and delete what was laid into it; hidden at once, as deleting waits for the next turn."""
    while (item := layout.takeAt(0)) is not None:
        if widget := item.widget():
            widget.hide()
            widget.deleteLater()


def set_kind(widget: QWidget, kind: str) -> None:
    """Another look for a widget that is shown already."""
    widget.setProperty("kind", kind)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _fill(layout: Box, parts: tuple[Part, ...], gap: int, margins: Margins) -> Box:
    layout.setContentsMargins(*margins)
    if gap >= 0:
        layout.setSpacing(gap)
    for part in parts:
        if isinstance(part, int):
            layout.addSpacing(part)
        elif isinstance(part, Stretch):
            layout.addStretch(part.share)
        else:
            placed = part if isinstance(part, Placed) else Placed(part)
            if isinstance(placed.part, QWidget):
                layout.addWidget(placed.part, placed.share, placed.side)
            else:
                layout.addLayout(placed.part, placed.share)
    return layout
