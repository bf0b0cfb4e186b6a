"""XLSX, XLSM, XLSB, XLS and ODS through calamine: every sheet a page, every row a block."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from typing import Any

from rag_core.errors import DocumentUnreadable
from rag_core.ingest.formats import containers, failures
from rag_core.ingest.formats.flow import FlowBuilder, one_line
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.registry import ODS, XLS, XLSB, XLSX
from rag_core.ingest.formats.sheet_rows import SheetWriter
from rag_core.ingest.formats.source import Source
from rag_core.ingest.formats.table_rows import cell_text
from rag_core.messages import say
from rag_core.types import ParsedDocument

_BOF, _FILEPASS, _WORKBOOK_GLOBALS = 0x0809, 0x002F, b"\x05\x00"
_RECORDS_BEFORE_FILEPASS = 12
# "Sheet1" says nothing; a name that a person gave is a heading.
_DEFAULT_NAME = re.compile(r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Blad|Planilha|Лист|シート|工作表|Chart) ?\d*")


def score(source: Source, named: bool) -> float:  # noqa: ARG001 - no workbook is known by its name alone
    return 0.9 if _media_type(source) else 0.0


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
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
    return flow.document("", say("workbook-without-text"), _media_type(source))


def _media_type(source: Source) -> str:
    names = source.zip_names
    if any(name.lower() in ("workbook.xml", "xl/workbook.xml", "xl/workbook.bin") for name in names):
        return XLSB if any(name.lower() == "xl/workbook.bin" for name in names) else XLSX
    if "content.xml" in names and source.suffix == ".ods":
        return ODS
    if "content.xml" in names and b"opendocument.spreadsheet" in source.head[:200]:
        return ODS
    if {"workbook", "book"} & {name.lower() for name in source.ole_names}:
        return XLS
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
    writer = SheetWriter(flow, "" if _DEFAULT_NAME.fullmatch(name) else one_line(name))
    for row in workbook.get_sheet_by_name(name).iter_rows():
        writer.add([cell_text(value) for value in row])
    writer.finish()
