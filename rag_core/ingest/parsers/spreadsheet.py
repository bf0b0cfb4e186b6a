"""XLSX, XLSM, XLSB, XLS and ODS through calamine: every sheet a page, every row a block."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from rag_core.errors import DocumentUnreadable
from rag_core.ingest.parsers import containers, failures
from rag_core.ingest.parsers.flow import FlowBuilder, one_line
from rag_core.ingest.parsers.protocol import ParseLimits
from rag_core.ingest.parsers.source import Source
from rag_core.ingest.parsers.table_rows import cell_text, header_of, joined, named
from rag_core.types import ParsedDocument

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
_XLS = "application/vnd.ms-excel"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_REGION_ROWS = 200  # how many rows decide what the header is
_BOF, _FILEPASS, _WORKBOOK_GLOBALS = 0x0809, 0x002F, b"\x05\x00"
_RECORDS_BEFORE_FILEPASS = 12
_Table = list[list[str]]


class Spreadsheet:
    """Sheets become pages labelled with their names; rows name their columns where there is a header row."""

    media_types = (_XLSX, _XLSB, _XLS, _ODS)
    suffixes = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

    def score(self, source: Source) -> float:
        return 0.9 if _media_type(source) else 0.0

    def parse(self, source: Source, limits: ParseLimits) -> ParsedDocument:
        import python_calamine

        if not source.ole_names:
            containers.refuse_zip_bomb(source.file, source.path)
        data = source.read_bytes()
        if _is_encrypted(source, data):
            raise failures.needs_password(source.path)
        flow = FlowBuilder(source.path, limits)
        try:
            with failures.damage_is_reported(source.path, python_calamine.CalamineError):
                workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
                for facts in workbook.sheets_metadata:
                    if facts.typ == python_calamine.SheetTypeEnum.WorkSheet:  # charts and macros have no cells
                        flow.break_page(one_line(facts.name))
                        _add_sheet(workbook, facts.name, flow)
        except DocumentUnreadable as error:
            if isinstance(error.__cause__, python_calamine.PasswordError):
                raise failures.needs_password(source.path) from error
            raise
        except BaseException as error:
            # A panic of calamine's Rust code arrives as a BaseException of a class that cannot be imported.
            if type(error).__name__ == "PanicException":
                raise failures.damaged(source.path, error) from error
            raise
        pages = flow.finish()
        empty = () if any(page.text for page in pages) else ("There is nothing in the cells of this workbook.",)
        return ParsedDocument(_media_type(source) or _XLSX, pages, warnings=empty)


def _media_type(source: Source) -> str:
    names = source.zip_names
    if any(name.lower() in ("workbook.xml", "xl/workbook.xml", "xl/workbook.bin") for name in names):
        return _XLSB if any(name.lower() == "xl/workbook.bin" for name in names) else _XLSX
    if "content.xml" in names and source.suffix == ".ods":
        return _ODS
    if "content.xml" in names and b"opendocument.spreadsheet" in source.head[:200]:
        return _ODS
    if {"workbook", "book"} & {name.lower() for name in source.ole_names}:
        return _XLS
    return ""


def _is_encrypted(source: Source, data: bytes) -> bool:
    if source.ole_names:
        return _xls_is_encrypted(data)
    if "META-INF/manifest.xml" not in source.zip_names:
        return False
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"encryption-data" in archive.read("META-INF/manifest.xml")


def _xls_is_encrypted(data: bytes) -> bool:
    """A FILEPASS record among the first of the workbook stream ([MS-XLS] 2.4.117), which starts at a sector."""
    for start in range(512, len(data) - 8, 512):
        kind, length = struct.unpack_from("<HH", data, start)
        if kind != _BOF or length not in (8, 16) or data[start + 6 : start + 8] != _WORKBOOK_GLOBALS:
            continue
        position = start
        for _ in range(_RECORDS_BEFORE_FILEPASS):
            position += 4 + length
            if position + 4 > len(data):
                return False
            kind, length = struct.unpack_from("<HH", data, position)
            if kind == _FILEPASS:
                return True
    return False


def _add_sheet(workbook: Any, name: str, flow: FlowBuilder) -> None:
    sheet = workbook.get_sheet_by_name(name)
    header: list[str] = []
    for region, goes_on in _regions([cell_text(value) for value in row] for row in sheet.iter_rows()):
        header = _add_rows(region, header, flow) if goes_on else _add_region(region, header, flow)


def _regions(rows: Iterable[list[str]]) -> Iterator[tuple[_Table, bool]]:
    """Rows between empty rows. Long regions come in pieces; True marks a piece that goes on from the one before."""
    region: _Table = []
    goes_on = False
    for row in rows:
        filled = any(row)
        if filled and len(region) < _REGION_ROWS:
            region.append(row)
            continue
        if region:
            yield region, goes_on
        goes_on = filled
        region = [row] if filled else []
    if region:
        yield region, goes_on


def _add_region(region: _Table, header: list[str], flow: FlowBuilder) -> list[str]:
    """Add rows that follow an empty row or start the sheet; gives the header under which the next rows go on."""
    while region and sum(map(bool, region[0])) == 1 and len(region[0]) > 1:
        flow.add("paragraph", joined(filter(None, region[0])))  # a title above the table
        region = region[1:]
    if not region:
        return header
    own = header_of(region)
    same_columns = _columns(region) <= _columns([header])
    if own is not None and not (same_columns and not _has_values(region)):
        flow.add("table_row", joined(own))
        return _add_rows(region[1:], list(own), flow)
    return _add_rows(region, header if same_columns else [], flow)


def _add_rows(rows: _Table, header: list[str], flow: FlowBuilder) -> list[str]:
    for row in rows:
        flow.add("table_row", named(header, row) if header else joined(filter(None, row)))
    return header


def _columns(rows: _Table) -> set[int]:
    return {index for row in rows for index, cell in enumerate(row) if cell}


def _has_values(region: _Table) -> bool:
    return any(cell and cell[0].isdigit() for row in region[1:] for cell in row)
