"""One page, part or slide as readable text: a box around the passage or sentence, the words that prove marked in it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QMimeData, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextLine,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from app.kit.design import READING_WIDTH, XS, L, colours
from app.kit.focus_ring import FocusRing
from app.kit.smooth_scroll import SmoothScroll
from app.kit.text import Translated
from app.source.marks import found_colour, outline
from app.source.source_model import SourceModel
from app.source.text_places import TextPlaces
from app.source.text_style import size_text, style_text
from app.source.text_tables import cell_rect, fit_columns, outside, tables_of, write_text
from rag_core.types import Page, TextMatch

_FROM_TOP = 1 / 3
_BORDER_PX = 2
_ZOOM_STEP, _ZOOM_STEPS = 1.1, (-3, 12)


class TextPage(Translated, QTextBrowser):
    """Shows the page of `model` that its number names. Offsets of the stored text are positions in the document."""

    def __init__(self, model: SourceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._page: Page | None = None
        self._places = TextPlaces("")
        self._held: TextMatch | None = None
        self._steps = 0
        self._scroll = SmoothScroll(self)
        self._ring = FocusRing(self)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(L + XS)
        self.verticalScrollBar().actionTriggered.connect(self._let_go)
        self.verticalScrollBar().rangeChanged.connect(self._hold)  # the text was laid out, or laid out further
        model.document_changed.connect(self._forget)
        model.page_loaded.connect(self._take_page)
        model.pages_changed.connect(self._show_page)
        model.place_changed.connect(self._show_page)
        model.target_changed.connect(self._mark)
        model.matches_changed.connect(self._mark)

    # Places

    def reveal(self, place: TextMatch, animated: bool = True) -> None:
        """Bring a range into view, a third from the top."""
        self._held = place
        if self._page is None or self._page.number != place.page:
            return
        if place.end <= place.start:
            self._scroll.to(0, animated=False)
            return
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._places.ranges(place.start, place.end)[0][0])
        top = self.cursorRect(cursor).top() + self.verticalScrollBar().value()
        self._scroll.to(round(top - self.viewport().height() * _FROM_TOP), animated)

    @property
    def zoom(self) -> float:
        return float(_ZOOM_STEP**self._steps)

    def zoom_in(self) -> None:
        self._zoom(self._steps + 1)

    def zoom_out(self) -> None:
        self._zoom(self._steps - 1)

    def fit_width(self) -> None:
        self._zoom(0)

    def _zoom(self, steps: int) -> None:
        steps = min(max(steps, _ZOOM_STEPS[0]), _ZOOM_STEPS[1])
        if steps != self._steps:
            self._steps = steps
            self._build_again()

    def _hold(self) -> None:
        """Keep what was revealed in its place until the person scrolls."""
        if self._held is not None:
            self.reveal(self._held, animated=False)

    def _let_go(self) -> None:
        self._held = None

    # What the model says

    def _forget(self) -> None:
        self._page, self._held = None, None
        self.clear()
        self.setExtraSelections([])

    def _take_page(self, page: Page) -> None:
        if page.number == self._model.number:
            self._show_page()

    def _show_page(self) -> None:
        page = self._model.page(self._model.number) if self._model.kind == "text" else None
        if page is None or page is self._page:
            return
        self._build(page)

    def _build(self, page: Page) -> None:
        self._page = None  # while the text is exchanged, the view may be asked to scroll in it
        document, tables = self.document(), tables_of(page)
        size_text(document, self.zoom)
        self._places = write_text(document, page, tables, self.zoom)
        style_text(document, outside(page.blocks, tables), self._places, self.zoom)
        self._page = page
        self._widen()
        self._mark()
        self._hold()

    def _build_again(self) -> None:
        """The same text in another size or other colours, at the same place."""
        if self._page is None:
            return
        bar = self.verticalScrollBar()
        share = bar.value() / max(1, bar.maximum())
        self._build(self._page)
        if self._held is None:
            self._scroll.to(round(share * bar.maximum()), animated=False)

    def _selections(
        self, place: TextMatch, behind: QColor, words: str = "", line: str = ""
    ) -> list[QTextEdit.ExtraSelection]:
        """One for each cell of a table: a selection over several would take in the whole rows."""
        look = QTextCharFormat()
        look.setBackground(behind)
        if words:
            look.setForeground(QColor(words))
        if line:
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
            look.setUnderlineColor(QColor(line))
        made = []
        for first, last in self._places.ranges(place.start, place.end):
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(first)
            cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
            selection.cursor, selection.format = cursor, look
            made.append(selection)
        return made

    def _mark(self) -> None:
        """The marked words and the matches; the box is painted behind the text. An answer is underlined, too."""
        page, model, theme = self._page, self._model, colours()
        if page is None:
            return
        selections: list[QTextEdit.ExtraSelection] = []
        marked = model.marked
        if marked is not None and marked.page == page.number:
            line = theme.warning if marked == model.answer else ""
            selections += self._selections(marked, QColor(theme.quote), line=line)
        for match in model.matches_on(page.number):
            if match != model.match:
                selections += self._selections(match, found_colour(theme))
        if model.match is not None and model.match.page == page.number:
            selections += self._selections(model.match, QColor(theme.accent), theme.on_accent)
        self.setExtraSelections(selections)
        self.viewport().update()

    # Painting and events

    def _rows(self, place: TextMatch) -> list[QRectF]:
        """The lines and rows of tables in a range as they are laid out, in the document's coordinates."""
        rows: list[QRectF] = []
        for first, last in self._places.ranges(place.start, place.end):
            found = QTextCursor(self.document())
            found.setPosition(first)
            table = found.currentTable()
            if not table:
                rows += self._lines(first, last)
                continue
            cell = cell_rect(table, first)
            if rows and rows[-1].top() == cell.top():
                rows[-1] = rows[-1].united(cell)
            else:
                rows.append(cell)
        return rows

    def _lines(self, first: int, last: int) -> list[QRectF]:
        rows: list[QRectF] = []
        block = self.document().findBlock(first)
        while block.isValid() and block.position() < last:
            corner = self.document().documentLayout().blockBoundingRect(block).topLeft()
            rows += [row.translated(corner) for row in _lines(block, first, last)]
            block = block.next()
        return rows

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        QPainter(self.viewport()).fillRect(event.rect(), QColor(colours().surface))
        page, boxed = self._page, self._model.boxed
        if page is not None and boxed is not None and boxed.page == page.number:
            self._paint_box(self._rows(boxed))
        super().paintEvent(event)
        self._ring.paint()

    def _paint_box(self, rows: list[QRectF]) -> None:
        if not rows:
            return
        path = QPainterPath()
        path.addPolygon(outline(rows, XS))
        path.closeSubpath()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-self.horizontalScrollBar().value(), -self.verticalScrollBar().value())
        pen = QPen(QColor(colours().mark_border), _BORDER_PX)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(QColor(colours().mark))
        painter.drawPath(path)
        painter.end()

    def createMimeDataFromSelection(self) -> QMimeData:  # noqa: N802 - Qt's name
        """The stored words: Qt would tear the rows of a table into lines."""
        page, cursor = self._page, self.textCursor()
        data = QMimeData()
        if page is not None:
            start, end = self._places.span(cursor.selectionStart(), cursor.selectionEnd())
            data.setText(page.text[start:end])
        return data

    def _widen(self) -> None:
        """Lines no longer than is comfortable to read, in the middle of the pane."""
        room = self.width() - self.verticalScrollBar().sizeHint().width()
        side = max(0, (room - round(READING_WIDTH * self.zoom)) // 2)
        self.setViewportMargins(side, 0, side, 0)
        fit_columns(self.document(), room - 2 * side - 2 * self.document().documentMargin())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        self._widen()
        super().resizeEvent(event)
        self._hold()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """When Qt shows a text for the first time, it scrolls to its own cursor, at the end of it."""
        super().showEvent(event)
        self._hold()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom(self._steps + (1 if event.angleDelta().y() > 0 else -1))
            event.accept()
            return
        self._let_go()
        self._scroll.stop()
        super().wheelEvent(event)

    def retheme(self) -> None:
        self._build_again()


def _lines(block: QTextBlock, start: int, end: int) -> list[QRectF]:
    """What the lines of one block show of a range of the document."""
    layout, rows = block.layout(), []
    begin, stop = max(0, start - block.position()), min(block.length() - 1, end - block.position())
    for index in range(layout.lineCount()):
        line = layout.lineAt(index)
        first, last = max(begin, line.textStart()), min(stop, line.textStart() + line.textLength())
        if first < last:
            left, right = sorted((_x(line, first), _x(line, last)))
            rows.append(QRectF(left, line.y(), max(1.0, right - left), line.height()))
    return rows


def _x(line: QTextLine, position: int) -> float:
    found: Any = line.cursorToX(position)  # a pair: with the position that it was found for
    return float(found[0])
