"""An answer's words: Markdown with chips that lead to the proof. Grows with its text and never scrolls by itself.

While text streams in, blocks that can no longer change are written once; only the open one is written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QPaintEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from app.design import BODY, XS, colours
from app.markdown import Marker, blocks, closed_until, marked, markers_in
from app.rich_text import PLACE, Chip, Mark, RichTextWriter, Wording
from app.text import Translated, tr


class AnswerText(Translated, QTextBrowser):
    """`place_chosen` carries the index of the place that a chip leads to."""

    place_chosen = Signal(int)
    height_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)  # "Fixed" keeps an old height
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.document().setDocumentMargin(0)
        self.document().setIndentWidth(22)
        self.document().setUndoRedoEnabled(False)
        self.anchorClicked.connect(self._follow)
        self._source = ""
        self._closed_until = 0
        self._continues = self._is_streaming = False
        self._markers: Sequence[Marker] = ()
        self._unconfirmed: Sequence[tuple[int, int]] = ()
        self._of_passage: Mapping[int, int] = {}
        self._writer, self._mark = self._begin()
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Answer"))

    def set_answer(self, text: str, markers: Sequence[Marker], unconfirmed: Sequence[tuple[int, int]] = ()) -> None:
        """Show a finished text."""
        self._source, self._markers, self._unconfirmed = text, markers, unconfirmed
        self._writer, self._mark = self._begin()
        self._writer.write(blocks(marked(text, markers, unconfirmed)))
        self._tell_height()

    def set_streamed(self, text: str, of_passage: Mapping[int, int]) -> None:
        """Show a text that is still growing: `text` begins with what was shown before."""
        if not text.startswith(self._source[: self._closed_until]) or not self._is_streaming:
            self._writer, self._mark = self._begin()
        self._is_streaming = True
        self._source, self._of_passage = text, of_passage
        self._write_open(text[self._closed_until :])
        self._tell_height()

    def _write_open(self, rest: str) -> None:
        self._writer.rewind(self._mark)
        closed = closed_until(rest, blocks(rest))
        if closed:
            self._write_piece(rest[:closed])
            self._continues = not rest[:closed].endswith("\n")
            if rest[:closed].endswith(" "):
                self._writer.write_space()
            self._mark = self._writer.mark()
            self._closed_until += closed
        self._write_piece(rest[closed:])

    def _write_piece(self, piece: str) -> None:
        self._writer.write(blocks(marked(piece, markers_in(piece, self._of_passage))), self._continues)

    def _begin(self) -> tuple[RichTextWriter, Mark]:
        """An empty document and its writer."""
        self.document().clear()
        unconfirmed = tr("The documents do not clearly confirm this.")
        wording = Wording(tr("Open source {number}", number="{number}"), unconfirmed)
        self._closed_until = 0
        self._continues = False
        self._is_streaming = False
        writer = RichTextWriter(self.document(), colours(), wording)
        return writer, writer.mark()

    # Size: as high as the text

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        document = self.document()
        if abs(document.textWidth() - width) > 0.5:
            document.setTextWidth(width)
        return int(document.size().height() + 1)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        width = max(self.width(), 200)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(120, 0)

    def _tell_height(self) -> None:
        self.updateGeometry()
        self.height_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()  # the conversation scrolls, not one answer in it

    # Chips

    def _follow(self, url: QUrl) -> None:
        address = url.toString()
        if address.startswith(PLACE):
            self.place_chosen.emit(int(address.removeprefix(PLACE)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().accent_soft))
        for chip in self._writer.chips:
            place = self._chip_rect(chip)
            if place.intersects(QRectF(event.rect())):
                painter.drawRoundedRect(place, place.height() / 2, place.height() / 2)
        painter.end()
        super().paintEvent(event)

    def _chip_rect(self, chip: Chip) -> QRectF:
        block = self.document().findBlock(chip.start)
        layout = block.layout()
        line = layout.lineForTextPosition(chip.start - block.position())
        if not line.isValid():
            return QRectF()
        origin = self.document().documentLayout().blockBoundingRect(block).topLeft()
        left = _cursor_x(line, chip.start - block.position())
        right = _cursor_x(line, chip.end - block.position())
        baseline = origin.y() + line.y() + line.ascent()
        height = BODY + 3
        width = max(right - left, height)
        return QRectF(origin.x() + (left + right - width) / 2, baseline - height + XS, width, height)

    # Copying: chips read as [n]

    def createMimeDataFromSelection(self) -> QMimeData:  # noqa: N802 - Qt's name
        data = QMimeData()
        data.setText(self.selected_text())
        return data

    def selected_text(self) -> str:
        cursor = self.textCursor()
        first, last = cursor.selectionStart(), cursor.selectionEnd()
        reader = QTextCursor(self.document())
        parts: list[str] = []
        position = first
        for chip in self._writer.chips:
            if chip.end <= first or chip.start >= last:
                continue
            parts.append(_words(reader, position, max(position, chip.start)))
            parts.append(f"[{_words(reader, chip.start, chip.end).strip()}]")
            position = chip.end
        parts.append(_words(reader, position, max(position, last)))
        return "".join(parts)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Qt's menu without "Copy link location": a chip's address means nothing elsewhere."""
        menu = self.createStandardContextMenu()
        for action in menu.actions():
            if action.objectName() == "link-copy":
                menu.removeAction(action)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._source:
            if self._is_streaming:
                self._is_streaming = False
                self.set_streamed(self._source, self._of_passage)
            else:
                self.set_answer(self._source, self._markers, self._unconfirmed)


def _cursor_x(line: object, position: int) -> float:
    found = line.cursorToX(position)  # type: ignore[attr-defined]  # PySide's stub wants one overload
    return float(found[0] if isinstance(found, tuple) else found)


def _words(reader: QTextCursor, start: int, end: int) -> str:
    reader.setPosition(start)
    reader.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    text = reader.selectedText().replace("\u2029", "\n").replace("\u2028", "\n")
    return text.replace("\u2009", "").replace("\u00a0", " ")
