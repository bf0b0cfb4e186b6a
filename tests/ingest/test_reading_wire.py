from __future__ import annotations

from pathlib import Path

import pytest

from rag_core.errors import UnsupportedDocument
from rag_core.ingest.reading_wire import ReadResult, packed, unpacked
from rag_core.messages import literal
from rag_core.process.error_wire import packed_error, packed_trouble
from rag_core.process.trouble import Trouble
from rag_core.types import Block, LineBox, Page, ParsedDocument


def test_a_document_crosses_unchanged() -> None:
    page = Page(1, "題 🙂\nx", "iv", (Block("heading", 0, 3, 2),), (LineBox(0, 3, 1.5, 2.0, 3.25, 4.0),), 595.0, 842.0)
    scan = Page(2, "", needs_ocr=True)
    parsed = ParsedDocument("application/pdf", (page, scan), "Title", (literal("A warning."),))
    result = ReadResult(Path("a.pdf"), "ab" * 32, 10, 2**62, parsed)
    assert unpacked(packed(result), Path("a.pdf")) == result


def test_an_error_keeps_its_kind_and_both_its_parts() -> None:
    error = UnsupportedDocument("“caf\udce9.zip” is an archive.", "Unpack it.")
    crossed = unpacked(packed_error(error), Path("a"))
    assert isinstance(crossed, UnsupportedDocument)
    assert (crossed.message, crossed.advice) == (error.message, error.advice)


def test_last_words_say_what_the_trouble_was() -> None:
    trouble = Trouble("failed", "ZeroDivisionError: a mistake, word.py line 7")
    assert unpacked(packed_trouble(trouble), Path("a")) == trouble


@pytest.mark.parametrize(
    "nonsense", [b"", b"[]", b'["read"]', b'["read",1,2,3,4,5,6,[[1]]]', b"\xff", b'{"a":1}', b'["last","lie",""]']
)
def test_nonsense_is_an_error_of_three_kinds_at_most(nonsense: bytes) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        unpacked(nonsense, Path("a"))
