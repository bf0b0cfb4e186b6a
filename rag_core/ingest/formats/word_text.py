"""The text of a Word paragraph: without deletions, field codes and hidden runs; with page breaks where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from rag_core.ingest.formats.office_package import attribute, child, is_on, local_name

Break = Literal["rendered", "explicit"]

_UNREAD = frozenset(
    "pPr rPr tblPr tcPr trPr sectPr sdtPr sdtEndPr del moveFrom delText instrText delInstrText commentReference "
    "annotationRef proofErr bookmarkStart bookmarkEnd rt fldData ctrlPr fPr radPr naryPr sSupPr sSubPr dPr accPr mPr "
    "oMathParaPr binData OLEObject docPr cNvPr blip posOffset align".split()
)
_DRAWN = frozenset(("drawing", "pict", "object"))
_PLAIN = {"tab": "\t", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}
_PRIVATE_USE = range(0xE000, 0xF900)


@dataclass(slots=True)
class Pieces:
    """What one paragraph holds, in order; `boxes` are the text boxes anchored in it, `notes` (kind, id) references."""

    items: list[str | Break] = field(default_factory=list)
    breaks: list[tuple[int, Break]] = field(default_factory=list)  # (index into items, kind)
    boxes: list[Any] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.items)

    def split(self, at: Break) -> list[str]:
        """The text cut at each break of that kind."""
        parts: list[str] = []
        start = 0
        for index, kind in self.breaks:
            if kind == at:
                parts.append("".join(self.items[start:index]))
                start = index
        parts.append("".join(self.items[start:]))
        return parts


def pieces_of(paragraph: Any) -> Pieces:
    pieces = Pieces()
    _collect(paragraph, pieces)
    return pieces


def _collect(element: Any, pieces: Pieces) -> None:
    for one in element:
        name = local_name(one)
        if name == "t":
            pieces.items.append(one.text or "")
        elif name in _UNREAD or not name:
            continue
        elif name in _PLAIN:
            pieces.items.append(_PLAIN[name])
        elif name == "r":
            if not is_on(child(child(one, "rPr"), "vanish")):
                _collect(one, pieces)
        elif name == "br":
            _add_break(one, pieces)
        elif name == "lastRenderedPageBreak":
            pieces.breaks.append((len(pieces.items), "rendered"))
        elif name == "sym":
            pieces.items.append(_symbol(attribute(one, "char")))
        elif name in ("footnoteReference", "endnoteReference"):
            pieces.notes.append((name.removesuffix("Reference"), attribute(one, "id")))
        elif name == "AlternateContent":
            _collect_alternative(one, pieces)
        elif name in _DRAWN:
            pieces.boxes.extend(_text_boxes(one))
        else:
            _collect_inside(one, name, pieces)


def _collect_inside(element: Any, name: str, pieces: Pieces) -> None:
    """Containers; of formulas only what keeps them readable: a/b, a^b, a_b."""
    mark = {"den": "/", "sup": "^", "sub": "_"}.get(name, "")
    if mark and len(element):
        pieces.items.append(mark)
    if name in ("ins", "moveTo", "p") or len(element):
        _collect(element, pieces)


def _add_break(element: Any, pieces: Pieces) -> None:
    if attribute(element, "type") == "page":
        pieces.breaks.append((len(pieces.items), "explicit"))
    else:
        pieces.items.append("\n")


def _collect_alternative(element: Any, pieces: Pieces) -> None:
    """The first choice; the fallback says the same in an older way and counts only if the choice says nothing."""
    for one in element:
        before = len(pieces.items), len(pieces.boxes)
        _collect(one, pieces)
        if (len(pieces.items), len(pieces.boxes)) != before:
            return


def _text_boxes(drawing: Any) -> list[Any]:
    """Contents of text boxes, outermost only, each once although it may be written in two ways."""
    found: list[Any] = []
    for one in drawing:
        name = local_name(one)
        if name == "txbxContent":
            found.append(one)
        elif name == "AlternateContent":
            for choice in one:
                inside = _text_boxes(choice)
                if inside:
                    found.extend(inside)
                    break
        elif name:
            found.extend(_text_boxes(one))
    return found


def _symbol(char: str) -> str:
    try:
        code = int(char, 16)
    except ValueError:
        return ""
    return "" if code in _PRIVATE_USE or code > 0x10FFFF else chr(code)
