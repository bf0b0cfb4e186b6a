"""The law in the docstring of `Parser`, proved for every parser, on sound files and on broken ones."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag_core.errors import UserError
from rag_core.ingest.formats.choosing import best_format, parse, parser_of
from rag_core.ingest.formats.format import Format
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.registry import readable
from rag_core.ingest.formats.source import open_source
from rag_core.types import Page, ParsedDocument
from tests.ingest.formats import samples
from tests.ingest.reading_here import parse_file

LIMITS = ParseLimits()
LINES = [(72.0, 760.0 - 14 * i, 11.0, f"Line {i} of a paragraph that goes on, (with brackets).") for i in range(20)]


@dataclass(frozen=True)
class Sample:
    name: str
    data: bytes


def _docx() -> bytes:
    table = "".join(
        f"<w:tr>{''.join(f'<w:tc>{samples.paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in (("Name", "Days"), ("Yamada", "12"))
    )
    body = samples.paragraph("Leave", "berschrift1") + samples.paragraph("Ask early.") + f"<w:tbl>{table}</w:tbl>"
    return samples.docx(body, styles=samples.HEADING_STYLES)


SAMPLES: dict[str, Callable[[], Sample]] = {
    "pdf": lambda: Sample("a.pdf", samples.pdf([LINES, LINES], outline=[("Line 0 of", 0)], title="T")),
    "pdf scan": lambda: Sample("scan.pdf", samples.pdf([[]], image_only=True)),
    "docx": lambda: Sample("a.docx", _docx()),
    "xlsx": lambda: Sample("a.xlsx", samples.xlsx({"People": [["Name", "Days"], ["Yamada", 12]], "Empty": []})),
    "pptx": lambda: Sample("a.pptx", samples.pptx([samples.shape("Plan", "title") + samples.shape("a\nb")], {0: "n"})),
    "html": lambda: Sample("a.html", b"<html><body><h1>T</h1><p>one<p>two<ul><li>x</ul><pre>c\n d</pre></body></html>"),
    "markdown": lambda: Sample(
        "a.md", b"# T\n\ntext *here*\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n"
    ),
    "text": lambda: Sample("a.txt", "One.\r\n\r\nTwo \udcff\x00?\r\rThree 🙂 日本語".encode("utf-8", "surrogatepass")),
    "shift_jis": lambda: Sample("a.txt", "吾輩は猫である。\r\n\r\n名前はまだ無い。".encode("cp932")),
    "csv": lambda: Sample("a.csv", b'name,note\r\nYamada,"two\nlines"\r\n'),
    "long text": lambda: Sample("long.txt", ("A sentence of some length. " * 40 + "\n\n").encode() * 150),
    "one long line": lambda: Sample("line.txt", b"x" * 200_000),
}


@pytest.fixture(params=sorted(SAMPLES))
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made = SAMPLES[request.param]()
    path = tmp_path / made.name
    path.write_bytes(made.data)
    return path


def check(parsed: ParsedDocument) -> None:
    """Every promise about the shape of a parsed document. Also used over the folders of real documents."""
    assert parsed.media_type
    assert isinstance(parsed.title, str)
    assert all(str(warning).endswith(".") for warning in parsed.warnings)
    assert [page.number for page in parsed.pages] == list(range(1, len(parsed.pages) + 1))
    assert parsed.pages
    for page in parsed.pages:
        check_page(page)


def check_page(page: Page) -> None:
    text = page.text
    assert "\x00" not in text
    assert "\r" not in text
    text.encode("utf-8")  # fails for lone surrogates
    end = 0
    for block in page.blocks:
        assert end <= block.start < block.end <= len(text)
        assert not text[end : block.start].strip(), "text outside every block"
        assert text[block.start : block.end].strip()
        assert (block.level >= 1) == (block.kind == "heading")
        end = block.end
    assert not text[end:].strip(), "text outside every block"
    end = 0
    for line in page.lines:
        assert end <= line.start < line.end <= len(text)
        assert line.x0 <= line.x1
        assert line.y0 <= line.y1
        end = line.end
    assert not (page.needs_ocr and text)


def test_a_parsed_document_keeps_every_promise(sample: Path) -> None:
    check(parse_file(sample))


def test_reading_twice_gives_the_same(sample: Path) -> None:
    assert parse_file(sample) == parse_file(sample)


def test_reading_changes_nothing_on_disk(sample: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in sample.parent.iterdir())
    digest = hashlib.sha256(sample.read_bytes()).digest()
    parse_file(sample)
    assert sorted((path, path.stat().st_mtime_ns) for path in sample.parent.iterdir()) == before
    assert hashlib.sha256(sample.read_bytes()).digest() == digest


def test_the_name_does_not_decide(sample: Path) -> None:
    """A file with somebody else's ending is read by what it holds, or refused; never read as something else."""
    with open_source(sample, LIMITS.max_file_bytes) as source:
        own = best_format(source, readable())
    if sample.suffix in (".md", ".csv", ".txt"):
        return  # these are text and tell apart by name alone
    renamed = sample.rename(sample.with_suffix(".txt"))
    with open_source(renamed, LIMITS.max_file_bytes) as source:
        assert best_format(source, readable()) is own


@pytest.mark.parametrize("kind", readable(), ids=lambda kind: kind.parser)
def test_a_score_is_between_nothing_and_certain(kind: Format, tmp_path: Path) -> None:
    randomness = random.Random(7)
    for number, suffix in enumerate((*kind.suffixes, ".bin", "")):
        for start in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-", b"<html>"):
            path = tmp_path / f"{number}{suffix}"
            path.write_bytes(start + randomness.randbytes(3000))
            with open_source(path, LIMITS.max_file_bytes) as source:
                assert 0.0 <= parser_of(kind).score(source, suffix in kind.suffixes) <= 1.0


def test_a_broken_file_is_read_or_refused_in_plain_words(sample: Path) -> None:
    """Cut off, overwritten, shortened in the middle: a valid document or a UserError, never anything else."""
    whole = sample.read_bytes()
    randomness = random.Random(11)
    for number in range(40):
        cut = randomness.randrange(1, len(whole))
        damaged = bytearray(whole)
        if number % 3 == 0:
            damaged = damaged[:cut]
        elif number % 3 == 1:
            for _ in range(8):
                damaged[randomness.randrange(len(damaged))] = randomness.randrange(256)
        else:
            del damaged[cut : cut + 50]
        sample.write_bytes(bytes(damaged) or b"x")
        outcome = _outcome(sample)
        if isinstance(outcome, ParsedDocument):
            check(outcome)
        else:
            assert sample.name in str(outcome.message)
            assert outcome.advice


def _outcome(path: Path) -> ParsedDocument | UserError:
    try:
        return parse_file(path)
    except UserError as error:
        return error


def test_more_text_than_the_limit_is_refused(sample: Path) -> None:
    if sample.name == "scan.pdf":
        return
    with open_source(sample, LIMITS.max_file_bytes) as source, pytest.raises(UserError, match="limit of 1 characters"):
        parse(source, ParseLimits(max_text_chars=1), readable())


def test_parts_of_formats_without_pages_stay_small(tmp_path: Path) -> None:
    for name in ("long text", "one long line"):
        made = SAMPLES[name]()
        path = tmp_path / made.name
        path.write_bytes(made.data)
        pages = parse_file(path).pages
        assert len(pages) > 1
        assert all(len(page.text) <= LIMITS.part_chars for page in pages)
        letters = sum(len(page.text.replace(" ", "").replace("\n", "")) for page in pages)
        assert letters == len(made.data.decode().replace(" ", "").replace("\n", ""))
