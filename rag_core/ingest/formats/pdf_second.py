"""The second reader for PDF files that pdfium refuses: text without boxes."""

from __future__ import annotations

import io
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag_core.errors import DocumentUnreadable
from rag_core.ingest.formats import failures
from rag_core.ingest.formats.flow import FlowBuilder, one_line
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.messages import say
from rag_core.types import ParsedDocument

if TYPE_CHECKING:
    from pypdf import PdfReader

_BLANK_LINES = re.compile(r"\n\s*\n")


def read_with_pypdf(data: bytes, path: Path, limits: ParseLimits, first_error: Exception) -> ParsedDocument:
    """Read with pypdf. Raises DocumentUnreadable, naming pdfium's reason if pypdf cannot read it either."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its findings about damage are expected here
    try:
        with failures.damage_is_reported(path, PyPdfError):
            reader = PdfReader(io.BytesIO(data), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise failures.needs_password(path)
            return _read(reader, path, limits)
    except DocumentUnreadable as error:
        if isinstance(error.__cause__, (PyPdfError, *failures.DAMAGE)):
            raise failures.damaged(path, first_error) from error
        raise


def _read(reader: PdfReader, path: Path, limits: ParseLimits) -> ParsedDocument:
    if not len(reader.pages):
        raise ValueError("it has no pages")
    flow = FlowBuilder(path, replace(limits, part_chars=limits.max_text_chars))  # a page is a page, however long
    for index, page in enumerate(reader.pages):
        flow.break_page(one_line(reader.page_labels[index]), keep_empty=index > 0)
        for paragraph in _BLANK_LINES.split(page.extract_text() or ""):
            flow.add("paragraph", paragraph)
    title = one_line(str(reader.metadata.title or "")) if reader.metadata else ""
    return ParsedDocument("", flow.finish(keep_empty=True), title, (say("pdf-read-again"),))
