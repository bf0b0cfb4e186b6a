"""A label of at most a few lines; what does not fit ends in "…"."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QTextLayout, QTextLine, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.design import colours


class ClampedLabel(QWidget):
    """`pixels` is the type's size (0: the application's)."""

    def __init__(
        self,
        lines: int = 1,
        pixels: int = 0,
        is_muted: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._text = ""
        self._lines = lines
        self._is_muted = is_muted
        self._pixels = pixels
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(lines > 1)
        self.setSizePolicy(policy)

    @property
    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setToolTip(text if len(text) > 40 else "")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        metrics = QFontMetrics(self._type())
        width = min(metrics.horizontalAdvance(self._text[:400]) + 2, 520)
        return QSize(width, self._line_height() * (1 if self._lines == 1 else len(self._laid_out(520)[1])))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(40, self._line_height())

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return self._lines > 1

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        return max(len(self._laid_out(width)[1]), 1) * self._line_height()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        painter = QPainter(self)
        chosen = colours()
        painter.setFont(self._type())
        painter.setPen(QColor(chosen.muted if self._is_muted else chosen.text))
        layout, lines = self._laid_out(self.width())
        metrics = painter.fontMetrics()
        for number, line in enumerate(lines):
            top = number * self._line_height()
            is_cut = number == self._lines - 1 and line.textStart() + line.textLength() < len(self._text)
            if is_cut or (self._lines == 1 and line.naturalTextWidth() > self.width()):
                rest = self._text[line.textStart() : line.textStart() + 600]
                shown = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, self.width())
                painter.drawText(QPointF(0, top + metrics.ascent()), shown)
            else:
                line.draw(painter, QPointF(0, top - line.y()))
        del layout

    def _type(self) -> QFont:
        """The style sheet's font in the asked size: a style sheet overrules a font that was set."""
        font = self.font()
        if self._pixels:
            font.setPixelSize(self._pixels)
        return font

    def _line_height(self) -> int:
        return int(QFontMetrics(self._type()).height() * 1.2)

    def _laid_out(self, width: int) -> tuple[QTextLayout, list[QTextLine]]:
        layout = QTextLayout(self._text[:1500], self._type())
        option = QTextOption()
        option.setWrapMode(
            QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere if self._lines > 1 else QTextOption.WrapMode.NoWrap
        )
        layout.setTextOption(option)
        layout.beginLayout()
        lines: list[QTextLine] = []
        while len(lines) < self._lines:
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(width, 20))
            lines.append(line)
        layout.endLayout()
        return layout, lines
