"""Plain text, Markdown and delimited tables."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from rag_core.ingest.formats.delimited import delimiter_of
from rag_core.ingest.formats.text_encoding import decode
from tests.ingest.formats.reading_here import blocks, parse, texts

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "docs"
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"
FRENCH = "L'été dernier, où étiez-vous ? Nous étions à la plage, près de l'hôtel « Bellevue » – c'était très agréable."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (JAPANESE, "cp932"), (JAPANESE, "euc_jp"), (JAPANESE, "iso2022_jp"), (JAPANESE, "utf-16"),
        (JAPANESE, "utf-8-sig"),
        (FRENCH, "cp1252"), (FRENCH, "utf-16-le"), (FRENCH, "utf-16-be"), (FRENCH, "utf-32"), (FRENCH, "utf-8"),
        ("Привет, как дела? Завтра будет собрание.", "cp1251"), ("Привет, как дела? Завтра будет собрание.", "koi8_r"),
    ],
)  # fmt: skip
def test_encodings_are_found(text: str, encoding: str) -> None:
    assert decode((text * 3).encode(encoding)) == text * 3


def test_a_few_broken_bytes_do_not_change_the_script() -> None:
    broken = JAPANESE.encode() + b"\xff\xfe" + JAPANESE.encode()
    assert decode(broken).startswith(JAPANESE)
    broken = JAPANESE.encode("cp932") * 5 + b"\x81\xff" + JAPANESE.encode("cp932")
    assert decode(broken).startswith(JAPANESE)


def test_what_a_page_declares_is_tried_not_trusted() -> None:
    assert decode(JAPANESE.encode(), "iso-8859-1") == JAPANESE
    assert decode(JAPANESE.encode("cp932"), "no such encoding").startswith("吾輩")
    assert decode(FRENCH.encode("cp1252"), "hex") == FRENCH


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared")
def test_encodings_of_real_files_are_found() -> None:
    same_as = {"SHIFT_JIS": "cp932", "GB2312": "gb18030", "EUC-KR": "cp949", "windows-1251-russian": "cp1251"}
    wrong = []
    for path in (SHARED / "encodings").rglob("*.*"):
        truth = same_as.get(path.parent.name, path.parent.name)
        if decode(path.read_bytes()) != path.read_bytes().decode(truth, errors="replace"):
            wrong.append(path.name)
    assert not wrong


def test_paragraphs_of_plain_text_stand_between_blank_lines(tmp_path: Path) -> None:
    document = parse(tmp_path, "a.txt", "One\r\nstill one.\r\n\r\n  \r\nTwo.")
    assert texts(document) == ["One\nstill one.", "Two."]


def test_markdown_is_read_without_its_marks(tmp_path: Path) -> None:
    source = """---
title: Handbook
---
# Leave *rules*

See the [form](http://example.org/x) or `HR-7`.

2. second
3. third
   - nested

| Name | Days |
|------|-----:|
| Yamada | 12 |

```python
x = 1
```
<div>raw</div>
"""
    document = parse(tmp_path, "a.md", source)
    assert document.title == "Handbook"
    assert blocks(document.pages[0]) == [
        ("heading", "Leave rules"),
        ("paragraph", "See the form or HR-7."),
        ("list_item", "2. second"),
        ("list_item", "3. third"),
        ("list_item", "- nested"),
        ("table_row", "Name | Days"),
        ("table_row", "Yamada | 12"),
        ("code", "x = 1"),
        ("paragraph", "raw"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["name", "note"], ["Yamada, T.", "a; b | c"], ["Sato", "x\ny"]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    assert delimiter_of(out.getvalue()) == delimiter


def test_rows_of_a_table_name_their_columns(tmp_path: Path) -> None:
    document = parse(tmp_path, "a.csv", 'name;note\nYamada;"two\nlines, and ""quotes"""\n;\nSato;\n')
    assert blocks(document.pages[0]) == [
        ("table_row", "name | note"),
        ("table_row", 'name: Yamada | note: two lines, and "quotes"'),
        ("table_row", "name: Sato"),
    ]


def test_a_table_without_names_stays_as_it_is(tmp_path: Path) -> None:
    assert texts(parse(tmp_path, "a.csv", "1,2\n3,4\n")) == ["1 | 2", "3 | 4"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared")
def test_the_spectrum_of_delimited_files_is_read_like_its_json(tmp_path: Path) -> None:
    for path in sorted((SHARED / "csv_spectrum" / "csvs").glob("*.csv")):
        if path.stem == "location_coordinates":
            continue  # its JSON holds another telephone number
        expected = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        expected = expected if isinstance(expected, list) else [expected]
        rows = texts(parse(tmp_path, path.name, path.read_bytes()))[1:]
        wanted = [
            " | ".join(f"{key}: {' '.join(value.split())}" for key, value in row.items() if value) for row in expected
        ]
        assert rows == [row for row in wanted if row], path.name
