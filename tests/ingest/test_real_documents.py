"""Real documents, many of them broken or odd: each is read as promised, or refused in plain words."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

import pytest

from rag_core.errors import UserError
from rag_core.ingest.reading import DocumentReader
from tests.contracts.test_parser_contract import check
from tests.ingest.reading_here import read, read_many

DOCS = Path(__file__).parents[2].parent / "shared" / "data" / "docs"
FOLDERS = (
    "aozora", "calamine", "csv_spectrum", "docling", "encodings", "markitdown", "msoffcrypto", "ocrmypdf", "pandoc",
    "pdfminer", "pypdf_sample_files", "python_pptx",
)  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DOCS.is_dir(), reason="needs ../shared")]


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", text.lower()))


def recall(text: str, truth: str) -> float:
    wanted = words(truth)
    return sum((words(text) & wanted).values()) / max(1, sum(wanted.values()))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_is_read_or_refused_in_plain_words(folder: str) -> None:
    files = sorted(path for path in (DOCS / folder).rglob("*") if path.is_file())
    answered = 0
    with DocumentReader() as reader:
        for path, outcome in read_many(reader, files):
            answered += 1
            if isinstance(outcome, UserError):
                assert path.name in str(outcome.message)
                assert outcome.advice
                assert "unexpectedly" not in str(outcome.message)
                assert "made its reader fail" not in str(outcome.message)
            else:
                check(outcome.parsed)
    assert answered == len(files)


@pytest.mark.parametrize(
    ("kind", "least"), [("docx", 0.95), ("html", 0.93), ("pptx", 0.88), ("pdf", 0.95), ("csv", 0.99)]
)
def test_the_words_of_real_documents_are_found(kind: str, least: float) -> None:
    """Mean share of the ground truth's words, over docling's documents of that kind."""
    sources = {path.name: path for path in (DOCS / "docling" / kind / "sources").iterdir()}
    pairs = []
    for truth in (DOCS / "docling" / kind / "groundtruth").glob("*.md"):
        source = sources.get(truth.stem) or sources.get(f"{truth.stem}.{kind}")
        if source is not None:
            text = re.sub(r"<!--.*?-->|\]\([^)]*\)|<[^>]+>", " ", truth.read_text(encoding="utf-8"), flags=re.DOTALL)
            pairs.append((source, text))
    shares = []
    with DocumentReader() as reader:
        for source, text in pairs:
            shares.append(recall("\n".join(page.text for page in read(reader, source).parsed.pages), text))
    assert sum(shares) / len(shares) >= least


def test_encrypted_office_files_have_a_password_and_their_plain_twins_are_read() -> None:
    with DocumentReader() as reader:
        for name in ("example", "ecma376standard"):
            for suffix in (".docx", ".xlsx"):
                locked = DOCS / "msoffcrypto" / "tests" / "inputs" / f"{name}_password{suffix}"
                if locked.exists():
                    with pytest.raises(UserError, match="protected with a password"):
                        read(reader, locked)
        for plain in (DOCS / "msoffcrypto" / "tests" / "outputs").glob("*.docx"):
            assert read(reader, plain).parsed.pages[0].text.strip()


def test_articles_survive_without_the_pages_around_them(tmp_path: Path) -> None:
    import json

    truth = json.loads((DOCS / "article_extraction" / "ground-truth.json").read_text(encoding="utf-8"))
    wanted = {}
    for path in sorted((DOCS / "article_extraction" / "html").glob("*.gz"))[::6]:
        page = tmp_path / path.stem
        page.write_bytes(gzip.decompress(path.read_bytes()))
        wanted[page] = truth[path.name.removesuffix(".html.gz")]["articleBody"]
    found = []
    with DocumentReader() as reader:
        for path, outcome in read_many(reader, wanted):
            assert not isinstance(outcome, UserError)
            found.append(recall("\n".join(page.text for page in outcome.parsed.pages), wanted[path]))
    assert min(found) > 0.9
    assert sum(found) / len(found) > 0.99
