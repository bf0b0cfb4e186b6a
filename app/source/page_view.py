"""A document's pages, one below the other. Only what is in view is drawn; opening 2,000 pages costs what one does."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.kit.design import colours
from app.kit.focus_ring import FocusRing
from app.kit.smooth_scroll import SmoothScroll
from app.source.marks import bounds
from app.source.page_layout import GAP, MAX_SCALE, MIN_SCALE, lay_out
from app.source.page_painter import (
    PageMarks,
    marks_of,
    paint_marks,
    paint_paper,
    paint_picture,
    paint_waiting,
    paint_words,
)
from app.source.page_pictures import PagePictures
from app.source.source_model import DrawnPage, PageWish, SourceModel
from rag_core.types import Page, PageInfo, TextMatch

POINTS_TO_PIXELS = 96 / 72  # what people call 100 %
ZOOM_STEP = 1.2
_WISH_DELAY_MS = 40
_FROM_TOP = 1 / 3  # where in the view the words that prove come to stand
_MAX_PICTURE_PIXELS = 12_000_000
_LINE_STEP_PX = 48


class PageView(QAbstractScrollArea):
    """Shows the pages of `model`. Emits which pictures it needs, the most wanted first, and which page is in view."""

    pictures_wanted = Signal(object)  # a list of PageWish
    page_reached = Signal(int)

    def __init__(self, model: SourceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._layout = lay_out((), 0, None)
        self._pages: Sequence[PageInfo] = ()
        self._pictures = PagePictures()
        self._marks: dict[int, PageMarks] = {}
        self._refused: dict[int, str] = {}
        self._scale: float | None = None  # None: as wide as the view
        self._held: TextMatch | None = None  # what was revealed, until the person scrolls on
        self._laying_out = False
        self._wish_timer = QTimer(self, singleShot=True, interval=_WISH_DELAY_MS)
        self._wish_timer.timeout.connect(self._wish)
        self._scroll = SmoothScroll(self)
        self._ring = FocusRing(self)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        # A bar that comes and goes would change the width that pages are fitted to.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.verticalScrollBar().setSingleStep(_LINE_STEP_PX)
        self.horizontalScrollBar().setSingleStep(_LINE_STEP_PX)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self._follow(model)

    def _follow(self, model: SourceModel) -> None:
        model.document_changed.connect(self._forget)
        model.pages_changed.connect(self._take_pages)
        model.page_loaded.connect(self._take_text)
        model.page_drawn.connect(self._take_picture)
        model.page_refused.connect(self._take_refusal)
        model.target_changed.connect(self._mark_again)
        model.matches_changed.connect(self._mark_again)

    # Zoom

    @property
    def zoom(self) -> float:
        """Of the page in view; 1.0 is the real size."""
        return self._scale_now() / POINTS_TO_PIXELS

    def zoom_in(self) -> None:
        self._zoom_to(self._scale_now() * ZOOM_STEP, self._middle())

    def zoom_out(self) -> None:
        self._zoom_to(self._scale_now() / ZOOM_STEP, self._middle())

    def fit_width(self) -> None:
        self._zoom_to(None, self._middle())

    def _scale_now(self) -> float:
        if self._scale is not None:
            return self._scale
        index = self._index_of(self._model.number)
        return self._layout.scales[index] if index is not None else POINTS_TO_PIXELS

    def _zoom_to(self, scale: float | None, around: QPointF) -> None:
        """Change the size; the point of the page that lies at `around` stays there."""
        self._scroll.stop()
        if not self._pages:
            return
        self._scale = None if scale is None else min(max(scale, MIN_SCALE), MAX_SCALE)
        self._lay_out_around(around)

    def _lay_out_around(self, around: QPointF) -> None:
        """The point of the page that lies at `around` stays there."""
        place = around + self._offset()
        index = self._layout.at(place.y())
        before = self._layout.rect(index)
        share = (place - before.topLeft()) / before.height()  # a page keeps its proportions
        self._lay_out()
        after = self._layout.rect(index)
        goal = after.topLeft() + share * after.height() - around
        self._scroll.to(round(goal.y()), animated=False)
        self.horizontalScrollBar().setValue(round(goal.x()))

    # Going to a place

    def reveal(self, place: TextMatch, animated: bool = True) -> None:
        """Bring a range into view, a third from the top; an empty range is the top of its page."""
        self._held = place
        index = self._index_of(place.page)
        if index is None or not self.viewport().height():
            return
        top, left, right = self._target_of(place, index)
        if left is not None and right is not None:
            self._show_across(left, right)
        self._scroll.to(round(top), animated)

    def _target_of(self, place: TextMatch, index: int) -> tuple[float, float | None, float | None]:
        """Where to scroll to, and between which x the words stand."""
        rect = self._layout.rect(index)
        page = self._model.page(place.page)
        box = bounds(page, place.start, place.end) if page is not None and place.end > place.start else QRectF()
        if box.isNull():
            return rect.top() - GAP, None, None
        scale = self._layout.scales[index]
        top = rect.top() + box.top() * scale - self.viewport().height() * _FROM_TOP
        return top, rect.left() + box.left() * scale, rect.left() + box.right() * scale

    def _show_across(self, left: float, right: float) -> None:
        bar, width = self.horizontalScrollBar(), self.viewport().width()
        if left - GAP < bar.value() or right + GAP > bar.value() + width:
            bar.setValue(round(min(left - GAP, (left + right - width) / 2)))

    def _scrolled(self) -> None:
        if self._pages and not self._scroll.by_itself and not self._laying_out:
            self._held = None
            index = self._layout.at(self._middle().y() + self.verticalScrollBar().value())
            self.page_reached.emit(self._pages[index].number)
        self._wish_soon()

    # What the model says

    def _forget(self) -> None:
        self._scroll.stop()
        self._pictures.clear()
        self._marks.clear()
        self._refused.clear()
        self._pages, self._held = (), None
        self._lay_out()

    def _take_pages(self) -> None:
        shown = self._model.kind == "pages"
        self._pages = self._model.pages if shown else ()
        self._refused.clear()
        self._lay_out()

    def _take_text(self, page: Page) -> None:
        self._marks.pop(page.number, None)
        if self._held is not None and self._held.page == page.number:
            self.reveal(self._held, animated=False)
        self.viewport().update()

    def _take_picture(self, drawn: DrawnPage) -> None:
        self._pictures.add(drawn)
        self._refused.pop(drawn.image.number, None)
        self.viewport().update()

    def _take_refusal(self, number: int, reason: str) -> None:
        self._refused[number] = reason
        self.viewport().update()

    def _mark_again(self) -> None:
        self._marks.clear()
        self.viewport().update()

    # Layout and painting

    def _lay_out(self) -> None:
        view = self.viewport().size()
        self._layout = lay_out(self._pages, view.width(), self._scale)
        self._laying_out = True
        for bar, whole, part in (
            (self.verticalScrollBar(), self._layout.height, view.height()),
            (self.horizontalScrollBar(), self._layout.width, view.width()),
        ):
            bar.setRange(0, max(0, round(whole) - part))
            bar.setPageStep(max(1, part - _LINE_STEP_PX if part > 2 * _LINE_STEP_PX else part))
        self._laying_out = False
        if self._held is not None:
            self.reveal(self._held, animated=False)
        self._wish_soon()
        self.viewport().update()

    def _index_of(self, number: int) -> int | None:
        first = self._pages[0].number if self._pages else 0
        index = number - first  # pages are numbered one after the other
        return index if 0 <= index < len(self._pages) else None

    def _offset(self) -> QPointF:
        return QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _middle(self) -> QPointF:
        return QPointF(self.viewport().width() / 2, self.viewport().height() * _FROM_TOP)

    def _in_view(self) -> range:
        top = self.verticalScrollBar().value()
        return self._layout.between(top, top + self.viewport().height())

    def _wish_soon(self) -> None:
        if self._pages and not self._wish_timer.isActive():
            self._wish_timer.start()

    def _wish(self) -> None:
        """Ask for the pages in view, then for their neighbours."""
        if not self._pages or not self.isVisible():
            return
        seen = self._in_view()
        near = [index for index in (seen.stop, seen.start - 1) if 0 <= index < len(self._pages)]
        wishes = []
        for index in (*seen, *near):
            number, scale = self._pages[index].number, self._picture_scale(index)
            picture = self._pictures.get(number)
            if picture is None or abs(picture.scale - scale) > 1e-3:
                wishes.append(PageWish(number, scale))
        self.pictures_wanted.emit(wishes)

    def _picture_scale(self, index: int) -> float:
        """In pixels of the screen a point; a page that is zoomed in very far is drawn smaller, and stretched."""
        ratio = self.devicePixelRatioF()
        width, height = self._layout.sizes[index]
        pixels = width * height * ratio * ratio
        scale = self._layout.scales[index] * ratio
        return round(scale if pixels <= _MAX_PICTURE_PIXELS else scale * (_MAX_PICTURE_PIXELS / pixels) ** 0.5, 4)

    def _marks_on(self, number: int) -> PageMarks | None:
        page = self._model.page(number)
        if page is None:
            return None
        if number not in self._marks:
            model = self._model
            found = model.matches_on(number)
            self._marks[number] = marks_of(page, model, found)
        return self._marks[number]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(colours().side))
        offset = self._offset()
        for index in self._in_view():
            self._paint_page(painter, index, self._layout.rect(index).translated(-offset))
        painter.end()
        self._ring.paint()

    def _paint_page(self, painter: QPainter, index: int, rect: QRectF) -> None:
        number, scale = self._pages[index].number, self._layout.scales[index]
        paint_paper(painter, rect)
        picture = self._pictures.get(number)
        if picture is not None:
            paint_picture(painter, rect, picture)
        elif number in self._refused:
            paint_words(painter, rect, scale, self._model.page(number), self._refused[number])
        else:
            paint_waiting(painter, rect, scale, self._model.page(number))
        marks = self._marks_on(number)
        if marks is not None:
            paint_marks(painter, rect, scale, marks)

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if self._pages and self._held is None and event.oldSize().height() > 0:
            self._lay_out_around(self._middle())
        else:
            self._lay_out()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802, ARG002 - Qt's name and arguments
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            turned = event.angleDelta().y() / 120
            self._zoom_to(self._scale_now() * ZOOM_STEP**turned, event.position())
            event.accept()
            return
        self._scroll.stop()
        super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_to(self._scale_now() * (1 + event.value()), event.position())
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        bar = self.verticalScrollBar()
        backwards = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        actions = {
            Qt.Key.Key_Home: bar.SliderAction.SliderToMinimum,
            Qt.Key.Key_End: bar.SliderAction.SliderToMaximum,
            Qt.Key.Key_Space: bar.SliderAction.SliderPageStepSub if backwards else bar.SliderAction.SliderPageStepAdd,
        }
        action = actions.get(Qt.Key(event.key()))
        if action is None:
            super().keyPressEvent(event)
            return
        self._scroll.stop()
        bar.triggerAction(action)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._wish_soon()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange):
            self._wish_soon()
            self.viewport().update()
