"""A scrolling list of cards of which only those near the eye exist.

Heights that were measured are remembered for the width; the others are estimated. What the person looks at stays where
it is when an estimate is corrected, a card grows or the width changes: the position is "this far into that turn", and
the scroll bar follows from it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from app.kit.design import READING_WIDTH, XL, L

GAP = XL + L
_ARROW_STEP = 48
_PIECES_MS = 16  # pieces of a long conversation that arrive together are shown together


class Estimate(Protocol):
    """The height that a turn will probably have at a width."""

    def __call__(self, index: int, width: int) -> int: ...


class TurnList(QAbstractScrollArea):
    """`make` creates the card of an index, `estimate` guesses its height. `end_left` tells whether the end is away."""

    end_left = Signal(bool)

    def __init__(
        self, make: Callable[[int, QWidget], QWidget], estimate: Estimate, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._make = make
        self._estimate = estimate
        self._count = 0
        self._heights: dict[int, int] = {}  # measured, at `_width`
        self._width = 0
        self._tops: list[int] = [0]
        self._cards: dict[int, QWidget] = {}
        self._anchor = (0, 0)  # turn, pixels of it above the top of the viewport (negative: the gap above it)
        self._follows = True
        self._was_away = False
        self._is_moving = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.verticalScrollBar().setSingleStep(_ARROW_STEP)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self.arrange)
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.setInterval(0)
        self._ahead.timeout.connect(self._make_ahead)
        QApplication.instance().focusChanged.connect(self._follow_focus)  # type: ignore[union-attr]

    @property
    def count(self) -> int:
        return self._count

    @property
    def cards(self) -> dict[int, QWidget]:
        """The cards that exist, by index."""
        return self._cards

    @property
    def is_at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 4

    def reset(self, count: int) -> None:
        """Other turns altogether: show their end."""
        self._drop(list(self._cards))
        self._heights.clear()
        self._count = count
        self.jump_to_end()

    def append(self, count: int) -> None:
        self._count += count
        self._later.start(_PIECES_MS)

    def truncate(self, count: int) -> None:
        """Only the first `count` turns are left."""
        self._drop([index for index in self._cards if index >= count])
        self._heights = {index: height for index, height in self._heights.items() if index < count}
        self._count = count
        self._later.start(0)

    def jump_to_end(self) -> None:
        """Show the end and follow it while it grows."""
        self._follows = True
        self.arrange()

    def show_turn(self, index: int) -> None:
        """Scroll so that a turn begins at the top."""
        self._follows = False
        self._anchor = (max(0, min(index, self._count - 1)), -GAP // 2)
        self.arrange()

    def remeasure(self, card: QWidget) -> None:
        """A card has another height now."""
        if any(each is card for each in self._cards.values()):
            self._later.start(0)

    # Where everything stands

    def arrange(self) -> None:
        """Make the cards near the viewport, measure them, and put them where they belong."""
        self._later.stop()
        width = self._card_width()
        if width != self._width:
            self._turn_to_width(width)
        if width <= 0:
            return
        for _ in range(4):  # a corrected height can bring other cards into sight; it settles at once
            self._sum_heights()
            top = self._top_of_view()
            if not self._make_near(top):
                break
        self._place(self._top_of_view())
        first, last = self._around(self._top_of_view())
        if any(index not in self._cards for index in range(first, last + 1)):
            self._ahead.start()

    def _turn_to_width(self, width: int) -> None:
        """Every height is unknown again; as far into the anchored turn as before, in proportion."""
        index, inside = self._anchor
        old_height = self._heights.get(index, 0)
        self._width = width
        self._heights.clear()
        if inside > 0 and old_height and index < self._count and width > 0:
            self._measure(index)
            self._anchor = (index, inside * self._heights[index] // old_height)

    def _card_width(self) -> int:
        return min(self.viewport().width() - 2 * L, READING_WIDTH)

    def _sum_heights(self) -> None:
        heights = (self._height(index) for index in range(self._count))
        self._tops = list(accumulate((height + GAP for height in heights), initial=L))

    def _height(self, index: int) -> int:
        known = self._heights.get(index)
        return self._estimate(index, self._width) if known is None else known

    def _top_of_view(self) -> int:
        limit = max(0, self._tops[-1] - self.viewport().height())
        if self._follows:
            return limit
        index, inside = self._anchor
        return max(0, min(self._tops[min(index, self._count)] + inside, limit))

    def _make_near(self, top: int) -> bool:
        """The cards in sight; true when a height turned out different."""
        first, last = self._between(top, top + self.viewport().height())
        keep_first, keep_last = self._around(top)
        focused = self._index_with_focus()
        kept = {focused - 1, focused, focused + 1, self._count - 1}
        self._drop([index for index in self._cards if not keep_first <= index <= keep_last and index not in kept])
        known = [index for index in self._cards if not first <= index <= last]
        changed = [self._measure(index) for index in (*range(first, last + 1), *known)]
        return any(changed)

    def _measure(self, index: int) -> bool:
        card = self._cards.get(index)
        if card is None:
            card = self._make(index, self.viewport())
            card.setParent(self.viewport())
            self._cards[index] = card
        height = max(card.heightForWidth(self._width), 1)
        changed = self._height(index) != height
        self._heights[index] = height
        return changed

    def _make_ahead(self) -> None:
        """One card beside those in sight, so that scrolling finds it ready; the next one when nothing else waits."""
        first, last = self._around(self._top_of_view())
        missing = [index for index in range(first, last + 1) if index not in self._cards]
        if missing:
            self._measure(missing[0])
            self.arrange()

    def _around(self, top: int) -> tuple[int, int]:
        """The turns in sight and half a screen above and below."""
        margin = self.viewport().height() // 2
        return self._between(top - margin, top + self.viewport().height() + margin)

    def _between(self, top: int, bottom: int) -> tuple[int, int]:
        first, last = bisect_right(self._tops, top) - 1, bisect_right(self._tops, bottom) - 1
        return max(0, first), min(self._count - 1, last)

    def _place(self, top: int) -> None:
        left = (self.viewport().width() - self._width) // 2
        self._is_moving = True
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, self._tops[-1] - self.viewport().height()))
        bar.setValue(top)
        self._is_moving = False
        for index, card in self._cards.items():
            card.setGeometry(left, self._tops[index] - top, self._width, self._height(index))
            card.show()
        self._remember(top)

    def _remember(self, top: int) -> None:
        self._anchor = self._anchor_at(top)
        away = not self.is_at_end
        if away != self._was_away:
            self._was_away = away
            self.end_left.emit(away)

    def _anchor_at(self, top: int) -> tuple[int, int]:
        """The first turn of which anything is seen; in a gap it is the turn below."""
        index = max(0, min(bisect_right(self._tops, top) - 1, self._count - 1))
        if index + 1 < self._count and top - self._tops[index] >= self._height(index):
            index += 1
        return index, top - self._tops[index]

    def _drop(self, indexes: Sequence[int]) -> None:
        for index in indexes:
            card = self._cards.pop(index)
            card.hide()
            card.deleteLater()

    def _index_with_focus(self) -> int:
        focused = QApplication.focusWidget()
        return next((i for i, card in self._cards.items() if focused is not None and card.isAncestorOf(focused)), -1)

    # Moving

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: ARG002, N802 - Qt's name
        if self._is_moving:
            return
        bar = self.verticalScrollBar()
        self._follows = bar.value() >= bar.maximum() - 4
        self._anchor = self._anchor_at(bar.value())
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        bar = self.verticalScrollBar()
        steps = {
            Qt.Key.Key_Home: -bar.value(),
            Qt.Key.Key_End: bar.maximum() - bar.value(),
            Qt.Key.Key_PageUp: -bar.pageStep() + GAP,
            Qt.Key.Key_PageDown: bar.pageStep() - GAP,
            Qt.Key.Key_Up: -_ARROW_STEP,
            Qt.Key.Key_Down: _ARROW_STEP,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            bar.setValue(bar.value() + step)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.LayoutRequest:
            return True  # cards are placed by hand
        return super().viewportEvent(event)

    def _follow_focus(self, _old: QObject | None, new: QObject | None) -> None:
        """What gets the keyboard comes into sight."""
        if not isinstance(new, QWidget) or not self.viewport().isAncestorOf(new):
            return
        top = new.mapTo(self.viewport(), QPoint(0, 0)).y()
        bottom = top + min(new.height(), self.viewport().height() - GAP)
        bar = self.verticalScrollBar()
        if top < 0:
            bar.setValue(bar.value() + top - GAP // 2)
        elif bottom > self.viewport().height():
            bar.setValue(bar.value() + bottom - self.viewport().height() + GAP // 2)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: N802 - Qt's names
        """Tab walks the cards in the order of the conversation, whatever order they were made in."""
        self._make_beside_focus()
        stops = self._focus_stops()
        focused = QApplication.focusWidget()
        if focused in stops:
            target = stops.index(focused) + (1 if next else -1)
            if 0 <= target < len(stops):
                stops[target].setFocus(Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason)
                return True
            return self._leave(next)
        return super().focusNextPrevChild(next)

    def _make_beside_focus(self) -> None:
        index = self._index_with_focus()
        beside = [each for each in (index - 1, index + 1) if index >= 0 and 0 <= each < self._count]
        missing = [each for each in beside if each not in self._cards]
        for each in missing:
            self._measure(each)
        if missing:
            self.arrange()

    def _focus_stops(self) -> list[QWidget]:
        """In the turn with the keyboard and those beside it."""
        focused = self._index_with_focus()
        return [
            widget
            for index in (focused - 1, focused, focused + 1)
            if index in self._cards
            for widget in self._cards[index].findChildren(QWidget)
            if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]

    def _leave(self, forward: bool) -> bool:
        """To the next control of the window that is not in this list."""
        everything = self.window().findChildren(QWidget)  # not Qt's chain: see main_window._first_focusable
        at = everything.index(self)
        others = [*everything[at + 1 :], *everything[:at]]
        for widget in others if forward else reversed(others):
            outside = not self.isAncestorOf(widget)
            if outside and widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                widget.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
                return True
        return False
