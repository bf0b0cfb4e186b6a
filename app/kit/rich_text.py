"""Writes Markdown blocks into a QTextDocument, so that the same words look the same on the screen and on paper.

Nothing is loaded: pictures become their description, links their words followed by the address as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextList,
    QTextListFormat,
    QTextTableFormat,
)

from app.kit.design import BODY, HEADING, SMALL, XS, Colours, M, S
from app.kit.markdown import MARKER_END, MARKER_START, REMARK_END, REMARK_NUMBER_END, REMARK_START, BlockTokens, Remark

PLACE = "place:"  # the scheme of a chip's address; a click on it never leaves the window
LINE_HEIGHT_PERCENT = 142
_SIGNS = frozenset((MARKER_START, MARKER_END, REMARK_START, REMARK_NUMBER_END, REMARK_END))
_PADDING = "\u00a0"  # inside a chip; does not break


@dataclass(frozen=True, slots=True)
class Wording:
    """Tooltips, in the person's language. `chip` has {number}; `remarks` are what `markdown.marked` numbered."""

    chip: str = ""
    remarks: Sequence[Remark] = ()


Mark = tuple[int, bool, bool, int]  # see `RichTextWriter.mark`


@dataclass(frozen=True, slots=True)
class Chip:
    """Where a chip stands in the document, half open."""

    start: int
    end: int
    target: int


class RichTextWriter:
    """Appends at the end of `document`. `chips` collects the markers as they are written, `doubts` where sentences end
    of which a remark says that they are doubtful.
    """

    def __init__(
        self,
        document: QTextDocument,
        colours: Colours,
        wording: Wording | None = None,
        code_families: Sequence[str] = (),
    ) -> None:
        self.document = document
        self.chips: list[Chip] = []
        self.doubts: list[int] = []
        self._colours = colours
        self._wording = wording or Wording()
        self._code_families = list(code_families) or [_fixed_family(), "monospace"]
        self._cursor = QTextCursor(document)
        self._is_fresh = True  # the block at the end is empty and may be used
        self._continues = False  # the next paragraph goes on in the block at the end
        self._lists: list[QTextList | None] = []
        self._list_formats: list[QTextListFormat] = []
        self._formats: list[QTextCharFormat] = []
        self._remark: Remark | None = None
        self._quote_depth = 0
        self._item_starts = False
        self._link = ""

    @property
    def position(self) -> int:
        """The end of what is written."""
        cursor = QTextCursor(self.document)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        return cursor.position()

    def mark(self) -> Mark:
        """A point to which `rewind` can go back."""
        return self.position, self._is_fresh, self._continues, len(self.chips)

    def rewind(self, mark: Mark) -> None:
        """Take back everything written since."""
        position, self._is_fresh, self._continues, chips = mark
        del self.chips[chips:]
        self._cursor.setPosition(position)
        self._cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        self._cursor.removeSelectedText()
        if self._is_fresh:
            self._cursor.setBlockFormat(QTextBlockFormat())

    def write(self, found: Sequence[BlockTokens], continues: bool = False) -> None:
        """`continues`: the first block is a paragraph that goes on in the one before."""
        self._continues = continues and not self._is_fresh
        self._cursor.beginEditBlock()
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        for block in found:
            if block.tokens and block.tokens[0].type == "table_open":
                self._table(block.tokens)
            else:
                self._tokens(block.tokens)
            self._remark = None
        self._cursor.endEditBlock()

    def write_space(self) -> None:
        """Between two pieces of one paragraph."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._cursor.insertText(" ", QTextCharFormat())

    # Blocks

    def _tokens(self, tokens: Sequence[Token]) -> None:
        table: list[Token] = []
        for token in tokens:
            if table or token.type == "table_open":
                table.append(token)
                if token.type == "table_close":
                    self._table(table)
                    table = []
            else:
                self._token(token)

    def _token(self, token: Token) -> None:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self._open_list(token)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
            self._list_formats.pop()
        elif kind == "list_item_open":
            self._item_starts = True
        elif kind == "blockquote_open":
            self._quote_depth += 1
        elif kind == "blockquote_close":
            self._quote_depth -= 1
        elif kind == "paragraph_open":
            self._new_block(self._paragraph_format(token.hidden))
        elif kind == "heading_open":
            self._heading(int(token.tag[1:]))
        elif kind == "heading_close":
            self._formats.pop()
        elif kind in ("fence", "code_block"):
            self._code(token.content)
        elif kind == "hr":
            self._rule()
        elif kind == "inline":
            self._inline(token.children or [])

    def _new_block(self, block_format: QTextBlockFormat) -> None:
        if self._continues:
            self._continues = False
            return
        if self._is_fresh:
            if self._cursor.position() == 0:
                block_format.setTopMargin(0)
            self._cursor.setBlockFormat(block_format)
            self._is_fresh = False
        else:
            self._cursor.insertBlock(block_format)
        if self._lists and self._item_starts:
            self._item_starts = False
            shown = self._lists[-1]
            if shown is None:
                self._lists[-1] = self._cursor.createList(self._list_formats[-1])
            else:
                shown.add(self._cursor.block())
            self._cursor.setBlockCharFormat(self._char_format())

    def _paragraph_format(self, tight: bool = False) -> QTextBlockFormat:
        made = QTextBlockFormat()
        made.setLineHeight(LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        made.setTopMargin(XS / 2 if self._lists else 0 if tight else S)
        made.setBottomMargin(XS / 2 if self._lists else S)
        if self._lists and not self._item_starts:
            made.setIndent(len(self._lists))
        if self._quote_depth:
            made.setLeftMargin(M * self._quote_depth)
        return made

    def _heading(self, level: int) -> None:
        made = self._paragraph_format()
        made.setHeadingLevel(level)
        made.setTopMargin(M + XS)
        made.setBottomMargin(XS)
        bold = QTextCharFormat()
        bold.setFontWeight(QFont.Weight.DemiBold)
        bold.setProperty(QTextCharFormat.Property.FontPixelSize, HEADING + 2 if level <= 1 else HEADING)
        if level >= 3:
            bold.setProperty(QTextCharFormat.Property.FontPixelSize, BODY)
        self._formats.append(bold)
        self._new_block(made)

    def _open_list(self, token: Token) -> None:
        made = QTextListFormat()
        made.setIndent(len(self._lists) + 1)
        if token.type == "ordered_list_open":
            made.setStyle(QTextListFormat.Style.ListDecimal)
            made.setStart(int(token.attrs.get("start", 1)))
        else:
            styles = (QTextListFormat.Style.ListDisc, QTextListFormat.Style.ListCircle)
            made.setStyle(styles[min(len(self._lists), 1)])
        self._lists.append(None)
        self._list_formats.append(made)

    def _code(self, content: str) -> None:
        frame_format = QTextFrameFormat()
        frame_format.setBackground(QBrush(QColor(self._colours.raised)))
        frame_format.setPadding(M)
        frame_format.setTopMargin(S)
        frame_format.setBottomMargin(S)
        frame_format.setLeftMargin(M * 2 * len(self._lists))
        self._item_starts = False
        self._flatten_fresh()
        frame = self._cursor.insertFrame(frame_format)
        self._formats.append(self._mono())
        self._text(content.rstrip("\n").replace("\n", "\u2028"))
        self._formats.pop()
        self._leave(frame.lastPosition() + 1)

    def _rule(self) -> None:
        made = self._paragraph_format()
        made.setProperty(
            QTextBlockFormat.Property.BlockTrailingHorizontalRulerWidth,
            QTextLength(QTextLength.Type.PercentageLength, 100),
        )
        self._new_block(made)

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[list[Token]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(token)
        columns = max((len(row) for row in rows), default=0)
        if not columns:
            return
        made = QTextTableFormat()
        made.setCellPadding(6)
        made.setCellSpacing(0)
        made.setBorder(1)
        made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)  # Qt's own leaves lines away on paper
        made.setBorderBrush(QBrush(QColor(self._colours.border)))
        made.setBorderCollapse(True)
        made.setTopMargin(S)
        made.setBottomMargin(S)
        made.setHeaderRowCount(1)
        self._flatten_fresh()
        table = self._cursor.insertTable(len(rows), columns, made)
        bold = QTextCharFormat()
        bold.setFontWeight(QFont.Weight.DemiBold)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                self._cursor = table.cellAt(number, column).firstCursorPosition()
                self._formats.append(bold if number == 0 else QTextCharFormat())
                self._inline(cell.children or [])
                self._formats.pop()
            self._remark = None
        self._leave(table.lastPosition() + 1)

    def _leave(self, position: int) -> None:
        """Behind a table or frame stands an empty block, which the next one uses; alone, it must not take room."""
        self._cursor = QTextCursor(self.document)
        self._cursor.setPosition(position)
        self._is_fresh = True
        self._flatten_fresh()

    def _flatten_fresh(self) -> None:
        if self._is_fresh:
            thin = QTextBlockFormat()
            thin.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
            self._cursor.setBlockFormat(thin)

    # Words

    def _inline(self, children: Sequence[Token]) -> None:
        depth = len(self._formats)
        for child in children:
            kind = child.type
            if kind == "text":
                self._text(child.content)
            elif kind == "code_inline":
                self._formats.append(self._mono())
                self._text(child.content)
                self._formats.pop()
            elif kind == "softbreak":
                self._text(" ")
            elif kind == "hardbreak":
                self._text("\u2028")
            elif kind == "image":
                self._text(child.content)
            elif kind == "link_open":
                self._formats.append(QTextCharFormat())
                self._link = str(child.attrs.get("href", ""))
            elif kind == "link_close":
                self._formats.pop()
                if self._link.startswith(("http", "mailto")):
                    self._text(f" ({self._link})")
            elif child.nesting == 1:
                self._formats.append(_emphasis(kind))
            elif child.nesting == -1:
                self._formats.pop()
        del self._formats[depth:]

    def _text(self, text: str) -> None:
        """Text with private characters in it, in the format of the moment."""
        start = 0
        for position, sign in enumerate(text):
            if sign not in _SIGNS:
                continue
            piece = text[start:position]
            start = position + 1
            if sign == MARKER_END:
                self._chip(piece)
            elif sign == REMARK_NUMBER_END:
                self._remark = self._wording.remarks[int(piece)]
            else:
                self._plain(piece)
            if sign == REMARK_END:
                self._end_remark()
        self._plain(text[start:])

    def _end_remark(self) -> None:
        if self._remark is not None and self._remark.is_doubt:
            self.doubts.append(self._cursor.position())
        self._remark = None

    def _plain(self, text: str) -> None:
        if text:
            self._cursor.insertText(text, self._char_format())

    def _chip(self, content: str) -> None:
        target, _, label = content.partition(",")
        made = QTextCharFormat()
        made.setAnchor(True)
        made.setAnchorHref(f"{PLACE}{target}")
        made.setForeground(QBrush(QColor(self._colours.accent)))
        made.setProperty(QTextCharFormat.Property.FontPixelSize, SMALL)
        made.setFontWeight(QFont.Weight.DemiBold)
        made.setToolTip(self._wording.chip.replace("{number}", label))
        start = self._cursor.position()
        self._cursor.insertText(f"{_PADDING}{label}{_PADDING}", made)
        self.chips.append(Chip(start, self._cursor.position(), int(target)))
        self._cursor.insertText("\u2009", self._char_format())  # chips side by side stay two

    def _char_format(self) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setForeground(QBrush(QColor(self._colours.muted if self._quote_depth else self._colours.text)))
        for each in self._formats:
            made.merge(each)
        if self._remark is not None:
            made.setToolTip(self._remark.words)
            if self._remark.is_doubt:
                made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
                made.setUnderlineColor(QColor(self._colours.warning))
        return made

    def _mono(self) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setFontFamilies(self._code_families)
        made.setProperty(QTextCharFormat.Property.FontPixelSize, BODY - 1)
        made.setBackground(QBrush(QColor(self._colours.raised)))
        return made


def _fixed_family() -> str:
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()


def _emphasis(kind: str) -> QTextCharFormat:
    made = QTextCharFormat()
    if kind == "strong_open":
        made.setFontWeight(QFont.Weight.DemiBold)
    elif kind == "em_open":
        made.setFontItalic(True)
    elif kind == "s_open":
        made.setFontStrikeOut(True)
    return made
