"""What a Word paragraph is by its style: a heading of some level, a list item, a line of a table of contents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rag_core.ingest.formats.office_package import attribute, child, local_name

_HEADING_NAME = re.compile(r"heading ?([1-9])")
_CONTENTS_NAME = re.compile(r"toc ?[1-9]|table of figures|toc heading")
_CODE_NAME = re.compile(r"source ?code|verbatim|code|html preformatted|preformatted text|macro text|plain text")
_MAX_CHAIN = 20  # styles may be based on each other in a circle
_BODY_OUTLINE_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Style:
    """`heading` is 1.. or 0; `number_id` and `level` name the numbering that the style brings."""

    heading: int = 0
    contents: bool = False
    code: bool = False
    number_id: str = ""
    level: int = 0


class Styles:
    """Paragraph styles by id, with what they inherit."""

    def __init__(self, root: Any) -> None:
        elements = [one for one in root if local_name(one) == "style"] if root is not None else []
        self._elements = {attribute(one, "styleId"): one for one in elements}
        self._known: dict[str, Style] = {}

    def of(self, style_id: str) -> Style:
        if style_id not in self._known:
            self._known[style_id] = self._resolved(style_id)
        return self._known[style_id]

    def _resolved(self, style_id: str) -> Style:
        heading, number_id, level = 0, "", 0
        contents = code = False
        for depth, element in enumerate(self._chain(style_id)):
            name = attribute(child(element, "name"), "val").lower()
            properties = child(element, "pPr")
            heading = heading or _heading_of(name, properties)
            contents = contents or bool(_CONTENTS_NAME.fullmatch(name))
            code = code or (depth == 0 and bool(_CODE_NAME.fullmatch(name)))
            if not number_id:
                number_id, level = numbering_of(properties)
        return Style(heading, contents, code, number_id, level)

    def _chain(self, style_id: str) -> list[Any]:
        chain: list[Any] = []
        while style_id in self._elements and len(chain) < _MAX_CHAIN:
            chain.append(self._elements[style_id])
            style_id = attribute(child(chain[-1], "basedOn"), "val")
        return chain


def numbering_of(properties: Any) -> tuple[str, int]:
    """(numbering id, level) of paragraph properties; ("", 0) if they name none."""
    numbering = child(properties, "numPr")
    if numbering is None:
        return "", 0
    depth = attribute(child(numbering, "ilvl"), "val", "0")
    return attribute(child(numbering, "numId"), "val"), int(depth) if depth.isdigit() else 0


def outline_level_of(properties: Any) -> int:
    """1.. where the paragraph's own properties make it a heading, else 0."""
    value = attribute(child(properties, "outlineLvl"), "val")
    return int(value) + 1 if value.isdigit() and int(value) < _BODY_OUTLINE_LEVEL else 0


def _heading_of(name: str, properties: Any) -> int:
    if named := _HEADING_NAME.match(name):
        return int(named[1])
    return 1 if name == "title" else outline_level_of(properties)
