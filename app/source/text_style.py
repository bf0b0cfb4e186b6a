"""How the stored text of a page looks: headings, lists, code and running lines, told from its blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from app.kit.design import BODY, DISPLAY, HEADING, SMALL, TITLE, XS, L, M, S, colours
from app.source.text_places import TextPlaces
from rag_core.types import Block, BlockKind

_LINE_HEIGHT, _HEADING_LINE_HEIGHT, _CODE_LINE_HEIGHT = 150, 125, 135  # per cent
_HEADING_SIZES = {1: DISPLAY - XS, 2: TITLE, 3: HEADING}
_CODE_ALPHA = 0.5
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
_FIXED = QTextBlockFormat.LineHeightTypes.FixedHeight.value


def size_text(document: QTextDocument, zoom: float) -> None:
    """The type in which everything stands that has no look of its own."""
    font = QFont(document.defaultFont())
    font.setPixelSize(round(BODY * zoom))
    document.setDefaultFont(font)


def style_text(document: QTextDocument, blocks: Sequence[Block], places: TextPlaces, zoom: float = 1.0) -> None:
    """Give every block its look; not one character is added or taken away."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.mergeBlockFormat(_spaced(_LINE_HEIGHT))
    looks: dict[tuple[BlockKind, int], tuple[QTextBlockFormat, QTextCharFormat]] = {}
    for block in _runs(blocks):
        if block.kind == "paragraph" or block.end <= block.start:
            continue
        key = block.kind, block.level
        if key not in looks:
            looks[key] = _look(block.kind, block.level, zoom)
        first, last = places.ranges(block.start, block.end)[0]
        cursor.setPosition(first)
        cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeBlockFormat(looks[key][0])
        if looks[key][1].propertyCount():
            cursor.mergeCharFormat(looks[key][1])
    _close_gaps(document)
    cursor.endEditBlock()


def _runs(blocks: Sequence[Block]) -> Iterator[Block]:
    """Blocks of one look that follow each other line by line, as one: thousands of rows are styled at once."""
    run: Block | None = None
    for block in blocks:
        if run is not None and (run.kind, run.level, run.end + 1) == (block.kind, block.level, block.start):
            run = replace(run, end=block.end)
            continue
        if run is not None:
            yield run
        run = block
    if run is not None:
        yield run


def _close_gaps(document: QTextDocument) -> None:
    """The empty lines between blocks keep a part of their height: a gap, not a line."""
    gap, thin = QTextBlockFormat(), QTextBlockFormat()
    gap.setLineHeight(M, _FIXED)
    thin.setLineHeight(1, _FIXED)  # what stands before a table that begins the page
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        if block.length() == 1 and block.next().isValid():
            cursor.setPosition(block.position())
            cursor.mergeBlockFormat(gap if block.position() else thin)
        block = block.next()


def _look(kind: BlockKind, level: int, zoom: float) -> tuple[QTextBlockFormat, QTextCharFormat]:
    lines, words = QTextBlockFormat(), QTextCharFormat()
    match kind:
        case "heading":
            lines = _spaced(_HEADING_LINE_HEIGHT)
            lines.setTopMargin(S)
            lines.setHeadingLevel(min(level, 6))  # screen readers tell it
            words.setFontWeight(QFont.Weight.DemiBold)
            _set_size(words, _HEADING_SIZES.get(level, BODY) * zoom)
        case "list_item":
            lines.setLeftMargin(L + L * max(0, level - 1))
            lines.setTextIndent(-M)
        case "table_row":
            lines.setLeftMargin(S)
            lines.setTopMargin(XS / 2)
            lines.setBottomMargin(XS / 2)
        case "code":
            lines = _spaced(_CODE_LINE_HEIGHT)
            lines.setLeftMargin(S)
            lines.setBackground(_code_colour())
            words.setFontFamilies(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families())
            words.setFontFixedPitch(True)
            _set_size(words, (BODY - 1) * zoom)
        case "furniture":
            words.setForeground(QColor(colours().muted))
            _set_size(words, SMALL * zoom)
    return lines, words


def _code_colour() -> QColor:
    """Thin enough for the mark behind a passage to show through."""
    colour = QColor(colours().raised)
    colour.setAlphaF(_CODE_ALPHA)
    return colour


def _spaced(per_cent: int) -> QTextBlockFormat:
    lines = QTextBlockFormat()
    lines.setLineHeight(per_cent, _PROPORTIONAL)
    return lines


def _set_size(words: QTextCharFormat, pixels: float) -> None:
    words.setProperty(QTextFormat.Property.FontPixelSize, round(pixels))
