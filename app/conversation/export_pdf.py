"""A conversation as a PDF. Runs on any thread: it touches no widget."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import cast

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QFont, QFontDatabase, QPageSize, QPdfWriter, QTextDocument

from app.kit.design import BODY, FAMILIES, LIGHT
from app.kit.markdown import blocks
from app.kit.rich_text import RichTextWriter
from rag_core.conversations.export import cannot_write, conversation_markdown
from rag_core.conversations.records import Turn
from rag_core.paths import ASSETS, replace_file

_PIXELS_PER_INCH = 96  # the unit of design.py's sizes
_SANS, _MONO = "Alcove Sans", "Alcove Mono"  # see assets/make_fonts.py
# What a font may put in the place of a character without saying which one it was: it could be neither copied nor
# searched for. Scripts that cannot be written without (Arabic, Devanagari) use other features.
_SUBSTITUTIONS = ("calt", "clig", "liga", "locl")
_MEANINGS = re.compile(rb"(?m)^<(\w+)> <(\w+)> \[?<(\w.*)>.*$")  # of signs, from .. to: the first's, or each one's
_USUAL = {0x09: 0x20} | {code: ord(unicodedata.normalize("NFKC", chr(code))) for code in range(0x2E80, 0x2FE0)}


def write_pdf(target: Path, title: str, turns: Sequence[Turn]) -> None:
    """There is the whole file afterwards, or what was there before. Raises UserError."""
    written = pdf_bytes(title, conversation_markdown(title, turns))
    try:
        replace_file(target, written)
    except OSError as error:
        raise cannot_write(target, error) from error


def pdf_bytes(title: str, markdown: str) -> bytes:
    """Black on white, A4, with page numbers."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setCreator("Alcove")
    writer.setResolution(_PIXELS_PER_INCH)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF())  # Qt leaves 2 cm, and there it writes the page's number
    document = QTextDocument()
    document.setDefaultFont(_font())
    document.setDocumentMargin(0)
    document.setIndentWidth(22)
    RichTextWriter(document, LIGHT, code_families=[_MONO]).write(blocks(markdown))
    document.print_(writer)
    buffer.close()
    return _with_usual_characters(bytes(held.data()))


def _font() -> QFont:
    """Our own, and the system's for what it lacks (Chinese, Japanese, Korean)."""
    _load_fonts()
    font = QFont()
    font.setFamilies([_SANS, _MONO, *FAMILIES])
    font.setPixelSize(BODY)
    for feature in _SUBSTITUTIONS:
        font.setFeature(QFont.Tag(feature), 0)
    return font


@cache
def _load_fonts() -> None:
    for path in sorted((ASSETS / "fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(path))


def _with_usual_characters(pdf: bytes) -> bytes:
    """Where two characters look alike a font has one sign for both, and Qt says that it means the first: "radical day"
    where "day" was written, a tab where a space was.
    """
    from pypdf import PdfWriter  # here: the window starts without it
    from pypdf.generic import DictionaryObject

    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    for page in writer.pages:
        resources = cast(DictionaryObject, page["/Resources"])
        for font in cast(DictionaryObject, resources.get("/Font", DictionaryObject())).values():
            meanings = font.get_object()["/ToUnicode"]
            meanings.set_data(_MEANINGS.sub(_usual, meanings.get_data()))
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _usual(found: re.Match[bytes]) -> bytes:
    first, last = int(found[1], 16), int(found[2], 16)
    codes = [int(code, 16) for code in found[3].split(b"> <")]
    if len(codes) == 1:
        codes = list(range(codes[0], codes[0] + last - first + 1))
    return b"<%04X> <%04X> [%s]" % (first, last, b" ".join(b"<%04X>" % _USUAL.get(code, code) for code in codes))
