"""Paragraphs, headings and list items from the geometry of lines; the text of a page with an offset for each line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from rag_core.ingest.formats.pdf_lines import Line
from rag_core.ingest.formats.pdf_rows import is_vertical, join_rows, turned
from rag_core.types import Block, BlockKind, LineBox

_BULLET = re.compile(
    r"^(?:[•●◦▪■□‣∙·○◆◇➢➤✓–—*-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|[（(]?[0-9０-９一二三四五六七八九十]{1,3}[)）．、])\s+\S"
)
_LONE_BULLET = re.compile(r"^[•●◦▪■□‣∙·○◆◇➢➤✓]$")
_ENDS_SENTENCE = re.compile(r"[.!?:;。！？：；]['\")”’」』]*$")
_NO_SPACE_BETWEEN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u30ff]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_REAL_WORD = re.compile(r"[^\W\d_]{3}|[\u3040-\u9fff]")
_SAME_SIZE = 0.12
_HEADING_RATIO = 1.15
_MAX_HEADING_CHARS = 160
_MAX_HEADING_LEVEL = 4


@dataclass(slots=True)
class _Group:
    lines: list[Line]
    level: int = 0  # heading level from the outline, 0 if it is not in there

    @property
    def x0(self) -> float:
        return min(line.x0 for line in self.lines)

    @property
    def x1(self) -> float:
        return max(line.x1 for line in self.lines)


@dataclass(frozen=True, slots=True)
class Typography:
    """The size of running text in a document, and the sizes of its headings, largest first."""

    body: float
    heading_sizes: tuple[float, ...]

    def level_of(self, size: float) -> int:
        """1.. if text of this size is a heading, else 0."""
        for level, heading_size in enumerate(self.heading_sizes, 1):
            if size >= heading_size * (1 - _SAME_SIZE / 2):
                return min(level, _MAX_HEADING_LEVEL)
        return 0


@dataclass(slots=True)
class LaidOut:
    """The text of a page, its blocks and its lines, all with offsets into that text."""

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    lines: list[LineBox] = field(default_factory=list)


def typography_of(pages: Iterable[Sequence[Line]]) -> Typography:
    """The body size is the size that most characters have; clearly larger ones are headings."""
    chars: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            chars[round(line.size * 2) / 2] += len(line.text)
    if not chars:
        return Typography(0.0, ())
    body = chars.most_common(1)[0][0]
    larger = sorted((size for size in chars if size >= body * _HEADING_RATIO), reverse=True)
    levels: list[float] = []
    for size in larger:
        if not levels or size < levels[-1] * (1 - _SAME_SIZE):
            levels.append(size)
    return Typography(body, tuple(levels))


def lay_out(lines: Sequence[Line], typography: Typography, outline: Mapping[str, int]) -> LaidOut:
    """Group lines to blocks and join them. `outline`: heading levels of the titles (`title_key`) on this page."""
    if is_vertical(lines):
        edge = max(line.x1 for line in lines)
        return _turned_back(_laid_out(turned(lines, edge), typography, outline), edge)
    return _laid_out(join_rows(lines), typography, outline)


def _turned_back(laid: LaidOut, edge: float) -> LaidOut:
    laid.lines = [LineBox(box.start, box.end, edge - box.y1, box.x0, edge - box.y0, box.x1) for box in laid.lines]
    return laid


def _laid_out(lines: Sequence[Line], typography: Typography, outline: Mapping[str, int]) -> LaidOut:
    words = {word.lower() for line in lines for word in _WORD.findall(line.text)}
    laid = LaidOut()
    pieces: list[str] = []
    length = 0
    for group in _groups(lines, outline):
        tabular = group.lines[0].tabular
        if pieces:
            pieces.append("\n" if tabular and laid.blocks[-1].kind == "table_row" else "\n\n")
            length += len(pieces[-1])
        text, boxes = _joined(group, length, words)
        kind, level = _kind(group, text, typography)
        pieces.append(text)
        laid.blocks.append(Block(kind, length, length + len(text), level))
        laid.lines.extend(boxes)
        length += len(text)
    laid.text = "".join(pieces)
    return laid


def title_key(text: str) -> str:
    """What is compared of a title: letters and digits only, without a leading number."""
    return re.sub(r"[\W_]+", "", re.sub(r"^\s*[\d.]+\s+", "", text)).casefold()


def _groups(lines: Sequence[Line], outline: Mapping[str, int]) -> list[_Group]:
    pitch = _usual_pitch(lines)
    groups: list[_Group] = []
    for line in lines:
        level = outline.get(title_key(line.text), 0) if outline else 0
        last = groups[-1] if groups else None
        if last is None or level or last.level or _starts_block(last, line, pitch):
            groups.append(_Group([line], level))
        else:
            last.lines.append(line)
    return groups


def _usual_pitch(lines: Sequence[Line]) -> float:
    """The usual distance of lines, in units of their size."""
    distances = [
        (after.y1 - before.y1) / before.size
        for before, after in pairwise(lines)
        if before.size > 0 and _same_size(before, after) and 0.5 < (after.y1 - before.y1) / before.size < 2.2
    ]
    return min(median(distances), 1.6) if distances else 1.2


def _same_size(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= _SAME_SIZE * max(one.size, other.size)


def _starts_block(group: _Group, line: Line, pitch: float) -> bool:
    last = group.lines[-1]
    if last.tabular or line.tabular:
        return True
    if _LONE_BULLET.match(last.text):
        return False
    if not _same_size(last, line) or _BULLET.match(line.text) or _LONE_BULLET.match(line.text):
        return True
    if last.bold != line.bold and not last.hyphenated and _breaks_off(group, line):
        return True
    distance = (line.y1 - last.y1) / (last.size or 1.0)
    if not 0.3 < distance < pitch * 1.3:
        return True
    if line.x0 > last.x1 or line.x1 < last.x0:
        return True
    hanging = len(group.lines) == 1 and _BULLET.match(last.text)
    if not hanging and line.x0 - last.x0 > 0.8 * line.size and _left_aligned(group):
        return True
    return bool(_ENDS_SENTENCE.search(last.text)) and _breaks_off(group, line)


def _left_aligned(group: _Group) -> bool:
    return group.lines[-1].x0 - group.x0 < 0.4 * group.lines[-1].size


def _breaks_off(group: _Group, line: Line) -> bool:
    """The last line ends well before the right edge: more words would have fitted."""
    right = max(group.x1, line.x1)
    return right - group.lines[-1].x1 > 0.15 * (right - min(group.x0, line.x0))


def _joined(group: _Group, offset: int, words: set[str]) -> tuple[str, list[LineBox]]:
    """The lines as one text. Words that a hyphen cuts in two become whole; boxes keep their offsets."""
    width = group.x1 - group.x0
    pieces: list[str] = []
    boxes: list[LineBox] = []
    position = offset
    for index, line in enumerate(group.lines):
        after = group.lines[index + 1] if index + 1 < len(group.lines) else None
        text = line.text
        separator = ""
        if line.hyphenated:
            text += _hyphen(text, after, words)
        elif after is not None:
            separator = _separator(text, after.text, line.x1 < group.x1 - 0.25 * width)
        boxes.append(LineBox(position, position + len(text), line.x0, line.y0, line.x1, line.y1))
        pieces.append(text + separator)
        position += len(text) + len(separator)
    return "".join(pieces), boxes


def _hyphen(text: str, after: Line | None, words: set[str]) -> str:
    """ "-" where the hyphen belongs to the word ("well-known"), else nothing."""
    if after is None:
        return "-"
    left = _WORD.findall(text)
    right = _WORD.match(after.text)
    if not left or right is None or not right[0][0].islower():
        return "-"
    return "-" if f"{left[-1]}-{right[0]}".lower() in words else ""


def _separator(text: str, after: str, short: bool) -> str:
    if short:
        return "\n"
    return "" if _NO_SPACE_BETWEEN.match(text[-1]) and _NO_SPACE_BETWEEN.match(after[0]) else " "


def _kind(group: _Group, text: str, typography: Typography) -> tuple[BlockKind, int]:
    if group.level:
        return "heading", group.level
    short = len(text) <= _MAX_HEADING_CHARS and _REAL_WORD.search(text) is not None
    level = typography.level_of(median(line.size for line in group.lines)) if short else 0
    if level:
        return "heading", level
    if group.lines[0].tabular:
        return "table_row", 0
    if _BULLET.match(text) or _LONE_BULLET.match(text[:1]):
        return "list_item", 0
    if short and all(line.bold for line in group.lines) and len(group.lines) <= 2 and not _ENDS_SENTENCE.search(text):
        return "heading", min(len(typography.heading_sizes) + 1, _MAX_HEADING_LEVEL)
    return "paragraph", 0
