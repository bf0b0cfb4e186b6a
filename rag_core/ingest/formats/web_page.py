"""HTML: headings, paragraphs, lists, tables and code of the page itself, without its navigation."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

from rag_core.ingest.formats import failures
from rag_core.ingest.formats.flow import FlowBuilder, one_line
from rag_core.ingest.formats.html_walk import add_page
from rag_core.ingest.formats.long_text import read_text
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.messages import say
from rag_core.types import ParsedDocument

_LOOKS_LIKE_HTML = re.compile(rb"<!doctype html|<html[\s>]|<body[\s>]", re.IGNORECASE)
_DECLARED = re.compile(rb"""<\?xml[^>]+encoding=["']([\w.:-]+)|<meta[^>]+charset=["']?\s*([\w.:-]+)""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_MACHINERY = re.compile(r"<!--.*?-->|<(script|style|title)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_DECLARED_WITHIN_BYTES = 8192


def score(source: Source, named: bool) -> float:
    if not source.looks_like_text:
        return 0.0
    head = source.head.replace(b"\x00", b"")[:4096]  # UTF-16 shows its letters with NULs between
    begins = _LOOKS_LIKE_HTML.search(head[:1024].lstrip()) is not None
    if named:
        return 0.9 if begins else 0.7
    starts_as_tag = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
    return 0.65 if begins and starts_as_tag else 0.0


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    text = read_text(source, limits, declared_encoding).replace("\x00", "")
    with failures.damage_is_reported(source.path):
        title, flow = _read(text, source.path, limits)
    return flow.document(title, say("page-without-text"))


def _read(text: str, path: Path, limits: ParseLimits) -> tuple[str, FlowBuilder]:
    flow = FlowBuilder(path, limits)
    try:
        root = _tree(text)
        if root is None:
            return "", flow
        add_page(root, flow)
    except RecursionError:  # thousands of elements inside each other: the words without their structure
        flow = FlowBuilder(path, limits)
        for line in unescape(_TAG.sub("\n", _MACHINERY.sub("", text))).splitlines():
            flow.add("paragraph", line)
        return "", flow
    return _title(root), flow


def declared_encoding(data: bytes) -> str:
    """What the page says about its own encoding; "" if nothing."""
    found = _DECLARED.search(data[:_DECLARED_WITHIN_BYTES])
    return (found[1] or found[2]).decode("ascii", errors="ignore") if found else ""


def _tree(text: str) -> Any:
    from lxml import etree, html

    body = _XML_DECLARATION.sub("", text, count=1)
    if not body.strip():
        return None
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8", huge_tree=True)
    try:
        root = html.document_fromstring(body.encode("utf-8", errors="replace"), parser=parser)
    except etree.ParserError:  # nothing but comments or white space
        return None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise RecursionError("deeper than the parser goes")  # it has dropped the rest
    return root


def _title(root: Any) -> str:
    found = root.find(".//title")
    return one_line(found.text_content()) if found is not None else ""
