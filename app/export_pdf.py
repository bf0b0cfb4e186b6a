"""A conversation as a PDF. Runs on any thread: it touches no widget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from app.design import BODY, FAMILIES, LIGHT
from app.markdown import blocks
from app.rich_text import RichTextWriter
from rag_core.conversations.export import conversation_markdown
from rag_core.conversations.records import Turn
from rag_core.paths import replace_file

_PIXELS_PER_INCH = 96  # the unit of design.py's sizes
_MARGIN_MM = 18.0


def write_pdf(target: Path, title: str, turns: Sequence[Turn]) -> None:
    """There is the whole file afterwards, or none. Raises OSError."""
    written = pdf_bytes(title, conversation_markdown(title, turns))
    replace_file(target, written)


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
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    writer.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    document = QTextDocument()
    font = QFont()
    font.setFamilies(FAMILIES)
    font.setPixelSize(BODY)
    document.setDefaultFont(font)
    document.setDocumentMargin(0)
    document.setIndentWidth(22)
    RichTextWriter(document, LIGHT).write(blocks(markdown))
    document.setPageSize(writer.pageLayout().paintRectPixels(_PIXELS_PER_INCH).size().toSizeF())
    document.print_(writer)
    buffer.close()
    return bytes(held.data())
