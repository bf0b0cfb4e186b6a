"""Pictures that ship with the program. Icons are drawn in one colour and take the theme's."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.kit.design import colours
from rag_core.paths import ASSETS

ICONS = ASSETS / "icons"


def icon(name: str, colour: str = "") -> QIcon:
    """assets/icons/NAME.svg in `colour` (default: the theme's text). Ask again after a PaletteChange."""
    return _icon(name, colour or colours().text, colours().muted)


def app_icon() -> QIcon:
    return QIcon(str(ICONS / "alcove.svg"))


@lru_cache(maxsize=512)
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    source = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for shade, mode in ((colour, QIcon.Mode.Normal), (disabled, QIcon.Mode.Disabled)):
        renderer = QSvgRenderer(QByteArray(source.replace("currentColor", shade).encode()))
        for size in (16, 20, 24, 32, 48, 64):
            pixmap = QPixmap(QSize(size, size))
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size, size))
            painter.end()
            made.addPixmap(pixmap, mode)
    return made
