"""CSV and TSV: every record one row, with the names of the columns."""

from __future__ import annotations

import csv
import io
from itertools import chain, islice

from rag_core.errors import DocumentUnreadable
from rag_core.ingest.formats.flow import FlowBuilder, one_line
from rag_core.ingest.formats.long_text import read_text
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.ingest.formats.table_rows import header_of, joined, named
from rag_core.messages import say
from rag_core.types import ParsedDocument

_DELIMITERS = ",;\t|"
_SAMPLE_RECORDS = 50
_SAMPLE_CHARS = 64 * 1024
_MAX_FIELD_CHARS = 16 * 1024**2


def score(source: Source, named: bool) -> float:
    return 0.7 if source.looks_like_text and named else 0.0


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    text = read_text(source, limits).replace("\x00", "")
    csv.field_size_limit(_MAX_FIELD_CHARS)
    flow = FlowBuilder(source.path, limits)
    try:
        _add_rows(text, flow)
    except csv.Error as error:
        raise DocumentUnreadable(
            say("table-unreadable", name=source.path.name, error=str(error)), say("save-as-csv")
        ) from error
    return flow.document()


def _add_rows(text: str, flow: FlowBuilder) -> None:
    delimiter = delimiter_of(text[:_SAMPLE_CHARS])
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = (row for record in records if any(row := [one_line(cell) for cell in record]))
    sample = list(islice(rows, _SAMPLE_RECORDS))
    header = header_of(sample, always=True)
    for index, cells in enumerate(chain(sample, rows)):
        flow.add("table_row", named(header, cells) if header and index else joined(cells))


def delimiter_of(sample: str) -> str:
    """The delimiter that cuts most records of the sample into the same number of cells, more than one."""

    def quality(delimiter: str) -> tuple[float, int]:
        try:
            widths = [
                len(record) for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if record
            ]
        except csv.Error:
            return 0.0, 0
        widths = widths[: 4 * _SAMPLE_RECORDS]
        if not widths:
            return 0.0, 0
        usual = max(set(widths), key=widths.count)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual

    return max(_DELIMITERS, key=quality)
