"""A label of at most a few lines, of which a part may be marked; what does not fit ends in "…"."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.kit.design import colours
from app.kit.text_offsets import Utf16Offsets
from rag_core.conversations.marked_text import MarkedText

_LAID_OUT_CHARS = 1500


class ClampedLabel(QWidget):
    """`pixels` is the type's size (0: the application's). The mark is bold, and stands out of the colour around it."""

    def __init__(
        self,
        lines: int = 1,
        pixels: int = 0,
        is_muted: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._text = ""
        self._mark = (0, 0)  # in Qt's units
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
        self.set_marked(MarkedText(text))

    def set_marked(self, words: MarkedText) -> None:
        offsets = Utf16Offsets(words.text)
        mark = (offsets.to_qt(words.start), offsets.to_qt(words.end))
        if (words.text, mark) != (self._text, self._mark):
            self._text, self._mark = words.text, mark
            self.setToolTip(words.text if len(words.text) > 40 else "")
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
        for number, line in enumerate(lines):
            top = number * self._line_height()
            is_cut = number == self._lines - 1 and line.textStart() + line.textLength() < len(layout.text())
            if is_cut or (self._lines == 1 and line.naturalTextWidth() > self.width()):
                self._draw_cut(painter, line.textStart(), top)
            else:
                line.draw(painter, QPointF(0, top - line.y()))
        del layout

    def _draw_cut(self, painter: QPainter, start: int, top: int) -> None:
        """The last line, with "…" where it ends."""
        metrics = QFontMetrics(self._bold() if self._mark[1] > start else self._type())
        units = self._text.encode("utf-16-le", errors="surrogatepass")[2 * start : 2 * start + 1200]
        rest = units.decode("utf-16-le", errors="replace")
        shown = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, self.width())
        layout = self._layout(shown, start)
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(self.width() * 2)  # it fits: nothing is to be wrapped
        layout.endLayout()
        line.draw(painter, QPointF(0, top))

    def _type(self) -> QFont:
        """The style sheet's font in the asked size: a style sheet overrules a font that was set."""
        font = self.font()
        if self._pixels:
            font.setPixelSize(self._pixels)
        return font

    def _line_height(self) -> int:
        return int(QFontMetrics(self._type()).height() * 1.2)

    def _laid_out(self, width: int) -> tuple[QTextLayout, list[QTextLine]]:
        layout = self._layout(self._text[:_LAID_OUT_CHARS], 0)
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

    def _layout(self, text: str, start: int) -> QTextLayout:
        """Of `text`, which begins at `start` of the whole; nothing is laid out yet."""
        layout = QTextLayout(text, self._type())
        option = QTextOption()
        option.setWrapMode(
            QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere if self._lines > 1 else QTextOption.WrapMode.NoWrap
        )
        layout.setTextOption(option)
        first, last = max(0, self._mark[0] - start), self._mark[1] - start
        if first < last:
            mark = QTextLayout.FormatRange()
            mark.start, mark.length, mark.format = first, last - first, self._mark_format()
            layout.setFormats([mark])
        return layout

    def _mark_format(self) -> QTextCharFormat:
        chosen, made = colours(), QTextCharFormat()
        made.setFontWeight(self._bold().weight())
        made.setForeground(QColor(chosen.text))
        if not self._is_muted:
            made.setBackground(QColor(chosen.quote))
        return made

    def _bold(self) -> QFont:
        font = self._type()
        font.setWeight(QFont.Weight.DemiBold)
        return font
