"""Lists in the sidebar: their keys, and the ground that their rows are painted on."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.kit.design import colours

Index = QModelIndex | QPersistentModelIndex
_ROUND = 6
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class SideList(QListView):
    """A click or Enter opens, F2 renames, Delete asks to delete."""

    opened = Signal(QModelIndex)
    renaming_requested = Signal()
    deletion_requested = Signal()

    def __init__(self, model: QAbstractItemModel, painter: SidePainter) -> None:
        super().__init__()
        painter.setParent(self)
        self.setProperty("kind", "side")
        self.setModel(model)
        self.setItemDelegate(painter)
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.clicked.connect(self.opened)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        key = event.key()
        if self.state() == QListView.State.EditingState or not self.currentIndex().isValid():
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self.currentIndex())
        elif key == Qt.Key.Key_F2:
            self.renaming_requested.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deletion_requested.emit()
        else:
            super().keyPressEvent(event)


class SidePainter(QStyledItemDelegate):
    """Rows of one height, of which the chosen one and the one under the pointer are tinted."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self._height = height

    def paint_words(self, painter: QPainter, rect: QRect, option: QStyleOptionViewItem, index: Index) -> None:
        raise NotImplementedError

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802, ARG002 - Qt's
        return QSize(80, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        chosen = colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(0, 1, 0, -1)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        is_under_pointer = QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Enabled
        if is_selected or option.state & is_under_pointer == is_under_pointer:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(chosen.accent_soft if is_selected else chosen.raised))
            painter.drawRoundedRect(rect, _ROUND, _ROUND)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(chosen.focus))
            painter.drawRoundedRect(rect.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), _ROUND, _ROUND)
        self.paint_words(painter, rect, option, index)
        painter.restore()


def paint_line(
    painter: QPainter,
    rect: QRect,
    text: str,
    colour: str,
    mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    """One line in the middle of `rect`, as much of it as there is room for."""
    painter.setPen(QColor(colour))
    painter.drawText(rect, side | _MIDDLE, painter.fontMetrics().elidedText(text, mode, rect.width()))


def set_size(painter: QPainter, pixels: int, is_strong: bool = False) -> None:
    """The painter's font, smaller or stronger."""
    font = painter.font()
    font.setPixelSize(pixels)
    if is_strong:
        font.setWeight(font.Weight.DemiBold)
    painter.setFont(font)
