"""Plain text: paragraphs between blank lines."""

from __future__ import annotations

import re

from rag_core.ingest.formats.flow import FlowBuilder, clean
from rag_core.ingest.formats.long_text import read_text_bytes
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.ingest.formats.text_encoding import decode
from rag_core.types import ParsedDocument

_BLANK_LINES = re.compile(r"\n[ \t\u3000]*\n")


class PlainText:
    """`.txt` and relatives, and any other file whose bytes are text."""

    media_types = ("text/plain",)
    suffixes = (".txt", ".text", ".log", ".rst", ".srt", ".vtt", ".tex")

    def score(self, source: Source) -> float:
        if not source.looks_like_text:
            return 0.0
        return 0.6 if source.suffix in self.suffixes else 0.2

    def parse(self, source: Source, limits: ParseLimits) -> ParsedDocument:
        text = clean(decode(read_text_bytes(source, limits)))
        flow = FlowBuilder(source.path, limits)
        for paragraph in _BLANK_LINES.split(text):
            flow.add("paragraph", paragraph)
        return ParsedDocument(self.media_types[0], flow.finish())
