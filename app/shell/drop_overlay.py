"""Covers the window while files are dragged over it, so that they can be dropped anywhere."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.kit.design import RADIUS, L, M, colours
from app.kit.elided_label import ElidedLabel
from app.kit.label import Label, Picture
from app.kit.layout import STRETCH, column
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
        self._line = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self._line.setProperty("kind", "title")
        hint = Label(tr("The files stay where they are."), "muted")
        picture = Picture("upload", _ICON_PX, "accent")
        for label in (picture, self._line, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column(STRETCH, picture, self._line, hint, STRETCH, gap=M, margins=(2 * L, 0, 2 * L, 0), on=self)
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
        words = tr("Drop to add to “{library}”", library=self._library) if self._library else tr("Drop to add")
        self._line.set_whole_text(words)
        self.setAccessibleName(words)

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


def drags_files(event: QEvent) -> bool:
    return isinstance(event, QDropEvent) and bool(local_paths(event.mimeData()))
