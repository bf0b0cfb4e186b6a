"""The one interface of every file format, and the limits that all of them keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rag_core.ingest.formats.source import Source
from rag_core.settings import Settings
from rag_core.types import ParsedDocument


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """How much one document may hold. `part_chars`: formats without pages are cut into parts of about this length."""

    max_file_bytes: int = Settings().max_file_bytes
    max_text_chars: int = Settings().max_text_chars
    part_chars: int = 50_000

    @classmethod
    def from_settings(cls, settings: Settings) -> ParseLimits:
        return cls(settings.max_file_bytes, settings.max_text_chars)


class Parser(Protocol):
    """A module that reads the files of one `Format`.

    Law (tests/contracts/test_parser_contract.py holds every parser to it):

    - `score` looks at the bytes first and at the name second (`named`: its ending is one of the format's): 0.0 means
      "not mine", 1.0 "certainly mine". It never raises for any bytes.
    - `parse` gives pages numbered 1, 2, 3 ...; at least one. An empty `media_type` or `place` is
      the one of its format.
    - `Page.text` holds no NUL, no lone surrogate, no carriage return. Offsets count code points.
    - Blocks are in reading order, inside the text, not empty, not overlapping; what stands outside every block is
      white space. Lines are inside the text, in order, not overlapping, with x0 <= x1 and y0 <= y1.
    - The same bytes give the same result, and reading changes nothing on disk.
    - What is in the file and cannot be read is an error, never silently less text: only `UserError` subclasses leave
      `parse` (DocumentUnreadable for a damaged, encrypted, empty or too large file). A document without any text
      (a scan) is no error: its pages say `needs_ocr` and `warnings` says so in plain words.
    - Nothing outside the file is opened: no network, no linked files, no external entities.
    """

    def score(self, source: Source, named: bool) -> float: ...

    def parse(self, source: Source, limits: ParseLimits) -> ParsedDocument: ...
