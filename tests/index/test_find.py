"""Search inside one document: what is marked on the page is what was looked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.index.find import find
from rag_core.index.store import Store
from rag_core.types import TextMatch
from tests.index.builders import add


def found(page: str, text: str) -> list[str]:
    return [page[match.start : match.end] for match in find([(1, page)], text, 100)]


@pytest.mark.parametrize(
    ("page", "text", "parts"),
    [
        ("Notice period. NOTICE! no notices", "notice", ["Notice", "NOTICE", "notice"]),
        ("the notice\nperiod is", "notice  period", ["notice\nperiod"]),
        ("有給休暇は２０日。有給\n休暇", "有給休暇", ["有給休暇", "有給\n休暇"]),
        ("有給休暇は２０日。20日", "20日", ["２０日", "20日"]),
        ("テレワーク ﾃﾚﾜｰｸ", "ﾃﾚﾜｰｸ", ["テレワーク", "ﾃﾚﾜｰｸ"]),
        ("ｶﾞｲﾄﾞ ガイド カイト", "ガイド", ["ｶﾞｲﾄﾞ", "ガイド"]),
        ("ガ", "カ", []),
        ("oﬃce öﬃce office", "off", ["oﬃ", "off"]),
        ("Straße STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("ééé cafe\u0301 Café", "CAFÉ", ["cafe\u0301", "Café"]),
        ("㈱アルコーブ は ㌔", "(株)アルコーブ", ["㈱アルコーブ"]),
        ("a.c abc", "a.c", ["a.c"]),
        ("aaaa", "aa", ["aa", "aa"]),
        ("İstanbul is", "is", ["is"]),
        ("😀 Ａbc 😀abc", "abc", ["Ａbc", "abc"]),
        ("anything", "  \n ", []),
        ("", "x", []),
    ],
)
def test_what_looks_the_same_is_found_exactly(page: str, text: str, parts: list[str]) -> None:
    assert found(page, text) == parts


_ALPHABET = "aAßﬁﬃée\u0301ガカｶﾞがﾟ有給２2 \n㌔İ😀"


@given(st.text(_ALPHABET, max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_every_piece_of_a_page_is_found_where_it_stands(page: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(page)), min(other, len(page))))
    piece = page[start:end].strip()
    for match in find([(1, page)], piece, 1000):
        assert 0 <= match.start < match.end <= len(page)
    if piece and "\u0301" not in page and "ﾞ" not in page and "ﾟ" not in page and "\n" not in page:
        assert any(match.start <= start + len(page[start:end]) - len(page[start:end].lstrip()) < match.end
                   for match in find([(1, page)], piece, 1000))  # fmt: skip


def test_matches_come_in_reading_order_and_stop_at_the_limit(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        document = add(store, "/a.pdf", ["one word", "another Word"], [], ["WORD"])
        add(store, "/b.pdf", ["word"])
        assert store.find_text(document, "word") == (TextMatch(1, 4, 8), TextMatch(1, 17, 21), TextMatch(3, 0, 4))
        assert store.find_text(document, "word", limit=2) == (TextMatch(1, 4, 8), TextMatch(1, 17, 21))
        assert store.find_text("0" * 64, "word") == ()


def test_pages_are_listed_without_their_text(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        document = add(store, "/a.pdf", *[["word"]] * 12)
        infos = store.page_infos(document)
        assert [(info.number, info.label) for info in infos] == [(n, f"p{n}") for n in range(1, 13)]
        assert (infos[0].width, infos[0].height, infos[0].needs_ocr) == (595.0, 842.0, False)
        assert store.page_infos("0" * 64) == ()
