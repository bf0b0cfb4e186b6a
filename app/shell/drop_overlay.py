"""Covers the window while files are dragged over it, so that they can be dropped anywhere."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.kit.design import HEADING, RADIUS, TITLE, L, S, colours
from app.kit.resources import icon
from app.kit.text import Translated, tr

_ICON_PX = 48


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders of this computer that are being dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class DropOverlay(Translated, QWidget):
    """`paths_dropped` carries a list of `Path`. Hidden until `cover`."""

    paths_dropped = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._library = ""
        self._line = ""
        self.setAcceptDrops(True)
        self.hide()
        self.retranslate()

    def set_library(self, name: str) -> None:
        self._library = name
        self.retranslate()

    def cover(self) -> None:
        window = self.parentWidget()
        if window is not None:
            self.setGeometry(window.rect())
        self.show()
        self.raise_()

    def retranslate(self) -> None:
        self._line = tr("Drop to add to “{library}”", library=self._library) if self._library else tr("Drop to add")
        self.setAccessibleName(self._line)
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if local_paths(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        self.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        self.hide()
        paths = local_paths(event.mimeData())
        if paths:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.paths_dropped.emit(paths)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(colours().window)
        veil.setAlphaF(0.97)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(QColor(colours().accent), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(L, L, -L, -L), RADIUS, RADIUS)
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        middle = self.rect().center()
        icon("upload", colours().accent).paint(
            painter, middle.x() - _ICON_PX // 2, middle.y() - _ICON_PX - S, _ICON_PX, _ICON_PX
        )
        font = self.font()
        font.setPixelSize(TITLE)
        font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colours().text))
        room = self.rect().adjusted(2 * L, 0, -2 * L, 0)
        room.setTop(middle.y() + S)
        room.setHeight(2 * TITLE)
        line = painter.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, line)
        font.setPixelSize(HEADING)
        font.setWeight(font.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(colours().muted))
        room.moveTop(room.bottom())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, tr("The files stay where they are."))


def drags_files(event: QEvent) -> bool:
    return isinstance(event, QDropEvent) and bool(local_paths(event.mimeData()))
