"""An answer's words: Markdown with chips that lead to the proof. Grows with its text and never scrolls by itself.

While text streams in, blocks that can no longer change are written once; only the open one is written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QPainter,
    QPaintEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from app.kit.design import BODY, XS, colours
from app.kit.markdown import Marker, Remark, blocks, closed_until, marked, markers_in
from app.kit.rich_text import PLACE, Chip, Mark, RichTextWriter, Wording
from app.kit.text import Translated, tr


class AnswerText(Translated, QTextBrowser):
    """`place_chosen` carries the index of the place that a chip leads to."""

    place_chosen = Signal(int)

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
        self._remarks: Sequence[Remark] = ()
        self._of_passage: Mapping[int, int] = {}
        self._writer, self._mark = self._begin()
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Answer"))
        self._tell_readers()

    def set_answer(self, text: str, markers: Sequence[Marker], remarks: Sequence[Remark] = ()) -> None:
        """Show a finished text."""
        self._source, self._markers, self._remarks = text, markers, remarks
        self._writer, self._mark = self._begin(remarks)
        self._writer.write(blocks(marked(text, markers, remarks)))
        self._tell_readers()
        self.updateGeometry()

    def set_streamed(self, text: str, of_passage: Mapping[int, int]) -> None:
        """Show a text that is still growing: `text` begins with what was shown before."""
        if not text.startswith(self._source[: self._closed_until]) or not self._is_streaming:
            self._writer, self._mark = self._begin()
            self.setAccessibleDescription("")  # told when it is whole, or when somebody comes to read
        self._is_streaming = True
        self._source, self._of_passage = text, of_passage
        self._write_open(text[self._closed_until :])
        self.updateGeometry()

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

    def _begin(self, remarks: Sequence[Remark] = ()) -> tuple[RichTextWriter, Mark]:
        """An empty document and its writer."""
        self.document().clear()
        wording = Wording(tr("Open source {number}", number="{number}"), remarks)
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

    # For screen readers: in the document itself a chip is a bare number

    def _tell_readers(self) -> None:
        doubt = f" ({tr('Not confirmed by the documents')})"
        number = tr("source {number}", number="{}")
        self.setAccessibleDescription(self._words_between(0, self._writer.position, number, doubt))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        self._tell_readers()
        super().focusInEvent(event)

    # Copying: chips read as [n]

    def createMimeDataFromSelection(self) -> QMimeData:  # noqa: N802 - Qt's name
        data = QMimeData()
        data.setText(self.selected_text())
        return data

    def selected_text(self) -> str:
        cursor = self.textCursor()
        return self._words_between(cursor.selectionStart(), cursor.selectionEnd(), "[{}]")

    def _words_between(self, first: int, last: int, chip_words: str, doubt_words: str = "") -> str:
        """The text with every chip as `chip_words`, which take its number, and `doubt_words` after every doubt."""
        document = self.document()
        chips = [(chip.start, chip.end) for chip in self._writer.chips if chip.end > first and chip.start < last]
        doubts = [(end, end) for end in self._writer.doubts if first <= end <= last]
        parts: list[str] = []
        position = first
        for start, end in sorted([*chips, *doubts]):
            parts.append(_words(document, position, max(position, start)))
            parts.append(chip_words.format(_words(document, start, end).strip()) if start < end else doubt_words)
            position = max(position, end)
        parts.append(_words(document, position, max(position, last)))
        return "".join(parts)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Qt's menu without "Copy link location": a chip's address means nothing elsewhere."""
        menu = self.createStandardContextMenu()
        for action in menu.actions():
            if action.objectName() == "link-copy":
                menu.removeAction(action)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def retheme(self) -> None:
        if self._is_streaming:
            self._is_streaming = False
            self.set_streamed(self._source, self._of_passage)
        elif self._source:
            self.set_answer(self._source, self._markers, self._remarks)


def _cursor_x(line: object, position: int) -> float:
    found = line.cursorToX(position)  # type: ignore[attr-defined]  # PySide's stub wants one overload
    return float(found[0] if isinstance(found, tuple) else found)


def _words(document: QTextDocument, start: int, end: int) -> str:
    """Block by block: a cursor's selection that touches a table would take in whole cells, and its private signs."""
    parts: list[str] = []
    block = document.findBlock(start)
    while block.isValid() and block.position() < end:
        first = max(start - block.position(), 0)
        last = min(end - block.position(), block.length() - 1)
        units = block.text().encode("utf-16-le", errors="surrogatepass")  # Qt counts UTF-16 units
        parts.append(units[2 * first : 2 * last].decode("utf-16-le", errors="replace"))
        following = block.next()
        if following.isValid() and following.position() <= end:
            parts.append("\t" if _stand_in_one_row(block, following) else "\n")
        block = following
    return "".join(parts).replace("\u2028", "\n").replace("\u2009", "").replace("\u00a0", " ")


def _stand_in_one_row(block: QTextBlock, following: QTextBlock) -> bool:
    here, there = QTextCursor(block), QTextCursor(following)
    table = here.currentTable()
    if table is None or there.currentTable() != table:
        return False
    one, other = table.cellAt(here), table.cellAt(there)
    return one.row() == other.row() and one.column() != other.column()
