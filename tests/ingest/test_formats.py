"""What the table of formats promises to the rest of the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.kit.resources import ICONS
from rag_core.ingest.formats.choosing import parser_of
from rag_core.ingest.formats.format import Format
from rag_core.ingest.formats.registry import format_of, readable, readable_suffixes
from rag_core.ingest.scan import scan
from rag_core.progress import run_to_end
from rag_core.types import ParsedDocument
from tests.ingest.formats import samples
from tests.ingest.reading_here import parse_file

ROOT = Path(__file__).resolve().parents[2]
WORD = samples.docx(samples.paragraph("Ask early."))
SHOW = samples.pptx([samples.shape("Plan", "title")])
BOOK = samples.xlsx({"Leave": [["Name", "Days"], ["Yamada", 12]]})


@pytest.mark.parametrize(
    ("suffix", "data", "place"),
    [
        *((suffix, WORD, "") for suffix in (".docx", ".docm", ".dotx", ".dotm")),
        *((suffix, SHOW, "slide") for suffix in (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm")),
        *((suffix, BOOK, "sheet") for suffix in (".xlsx", ".xlsm", ".xltx", ".xltm")),
    ],
)
def test_templates_and_shows_are_taken_from_a_folder_and_read(
    tmp_path: Path, suffix: str, data: bytes, place: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    (found,) = run_to_end(scan([tmp_path], readable_suffixes())).files
    parsed = parse_file(Path(found.path))
    assert parsed.pages[0].text and parsed.place == place


def word(body: str) -> bytes:
    return samples.docx(f"{samples.paragraph('One')}{body}{samples.paragraph('Two')}")


@pytest.mark.parametrize(
    ("break_", "place"),
    [
        ("<w:p><w:r><w:t>x</w:t><w:lastRenderedPageBreak/></w:r></w:p>", "page"),
        ('<w:p><w:r><w:br w:type="page"/></w:r></w:p>', "part"),
        ("", ""),
    ],
)
def test_a_word_document_has_pages_where_word_has_counted_them(tmp_path: Path, break_: str, place: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(word(break_))
    parsed: ParsedDocument = parse_file(path)
    assert (parsed.place, len(parsed.pages)) == (place, 2 if place else 1)


def test_no_two_formats_claim_the_same_files() -> None:
    suffixes = [suffix for one in readable() for suffix in one.suffixes]
    types = [media_type for one in readable() for media_type in one.media_types]
    assert len(suffixes) == len(set(suffixes)) and len(types) == len(set(types))


@pytest.mark.parametrize("one", readable(), ids=lambda one: one.group + one.suffixes[0])
def test_every_format_has_a_parser_and_an_icon(one: Format) -> None:
    known = format_of(f"a{one.suffixes[0].upper()}")
    assert known is one and known.media_types and callable(parser_of(known).parse)
    assert (ICONS / f"{known.icon}.svg").is_file()


def test_what_a_document_was_read_as_counts_for_more_than_its_name() -> None:
    assert format_of("/a/report.dat", "application/pdf").view == "pages"
    assert format_of("/a/report.pdf", "text/plain").icon == "file-text"
    assert format_of("/a/report").icon == "file-text" and format_of("C:\\a\\LETTER.DOC").icon == "file-word"


def test_what_is_known_of_formats_brings_no_parser_along() -> None:
    """The window asks, and starts no slower for it."""
    script = """
import sys
from rag_core.ingest.formats.registry import readable
print(*{one.parser for one in readable()} & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
