"""Plain text: paragraphs between blank lines."""

from __future__ import annotations

import re

from rag_core.ingest.formats.flow import FlowBuilder, clean
from rag_core.ingest.formats.long_text import read_text
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.types import ParsedDocument

_BLANK_LINES = re.compile(r"\n[ \t\u3000]*\n")


def score(source: Source, named: bool) -> float:
    if not source.looks_like_text:
        return 0.0
    return 0.6 if named else 0.2


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    text = clean(read_text(source, limits))
    flow = FlowBuilder(source.path, limits)
    for paragraph in _BLANK_LINES.split(text):
        flow.add("paragraph", paragraph)
    return flow.document()
