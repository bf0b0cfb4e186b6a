"""A conversation as a PDF. Runs on any thread: it touches no widget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QFont, QPageSize, QPdfWriter, QTextDocument

from app.kit.design import BODY, FAMILIES, LIGHT
from app.kit.markdown import blocks
from app.kit.rich_text import RichTextWriter
from rag_core.conversations.export import cannot_write, conversation_markdown
from rag_core.conversations.records import Turn
from rag_core.paths import replace_file

_PIXELS_PER_INCH = 96  # the unit of design.py's sizes


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
    font = QFont()
    font.setFamilies(FAMILIES)
    font.setPixelSize(BODY)
    font.setFeature(QFont.Tag("calt"), 0)  # the signs that it swaps in could be neither copied nor searched for
    document.setDefaultFont(font)
    document.setDocumentMargin(0)
    document.setIndentWidth(22)
    RichTextWriter(document, LIGHT).write(blocks(markdown))
    document.print_(writer)
    buffer.close()
    return bytes(held.data())
