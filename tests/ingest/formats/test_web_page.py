from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.formats.reading_here import blocks, parse, texts


def test_the_page_without_its_machinery(tmp_path: Path) -> None:
    html = """<html><head><title>Leave | Intranet</title><style>b{}</style></head><body><nav><a href=x>Home</a></nav>
    <h1>Annual <b>leave</b></h1><p>Ask<br>early.<script>alert(1)</script></p><ol><li>Form</li><li>Sign</li></ol>
    <pre>a\n  b</pre><p hidden>secret</p></body></html>"""
    document = parse(tmp_path, "a.html", html)
    assert document.title == "Leave | Intranet"
    assert blocks(document.pages[0]) == [
        ("heading", "Annual leave"),
        ("paragraph", "Ask\nearly."),
        ("list_item", "1. Form"),
        ("list_item", "2. Sign"),
        ("code", "a\n  b"),
    ]


def test_the_heading_above_the_main_part_is_kept(tmp_path: Path) -> None:
    html = "<html><body><header><h1>IT help</h1><p>Slogan</p></header><main><p>Call us.</p></main></body></html>"
    assert blocks(parse(tmp_path, "a.html", html).pages[0]) == [("heading", "IT help"), ("paragraph", "Call us.")]


def test_rows_of_tables_fill_what_spans_several_rows(tmp_path: Path) -> None:
    html = "<table><tr><th>Team<th>Name<tr><td rowspan=2>Sales<td>Yamada<tr><td>Sato</table>"
    assert texts(parse(tmp_path, "a.html", html)) == ["Team | Name", "Sales | Yamada", "Sales | Sato"]


def test_a_table_that_makes_the_layout_is_read_as_text(tmp_path: Path) -> None:
    html = "<table><tr><td><h1>Title</h1><p>One.</p><p>Two.</p></td></tr></table>"
    assert blocks(parse(tmp_path, "a.html", html).pages[0]) == [
        ("heading", "Title"), ("paragraph", "One."), ("paragraph", "Two."),
    ]  # fmt: skip


def test_menus_of_links_are_left_out_but_a_page_of_links_is_not(tmp_path: Path) -> None:
    menu = "<ul>" + "".join(f"<li><a href='/{i}'>Menu entry {i}</a></li>" for i in range(8)) + "</ul>"
    assert texts(parse(tmp_path, "a.html", menu + "<p>" + "The text of the article. " * 20))[0].startswith("The text")
    assert len(texts(parse(tmp_path, "b.html", "<html><body>" + menu))) == 8


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset='Shift_JIS'>", "cp932"),
        ("<meta http-equiv=Content-Type content='text/html; charset=euc-jp'>", "euc_jp"),
        ("<meta charset=utf-8>", "utf-8"),
        ("", "utf-16"),
        ("", "cp932"),
    ],
)
def test_the_encoding_is_declared_or_found(tmp_path: Path, head: str, encoding: str) -> None:
    text = "有給休暇は入社から六か月後に十日間あたえられます。申請は上司にしてください。"
    html = f"<html><head>{head}</head><body><p>{text}</p></body></html>"
    assert texts(parse(tmp_path, "a.html", html.encode(encoding))) == [text]


def test_readings_of_characters_do_not_cut_words(tmp_path: Path) -> None:
    html = "<html><body><p><ruby>有給<rp>(</rp><rt>ゆうきゅう</rt><rp>)</rp></ruby>休暇</p></body></html>"
    assert texts(parse(tmp_path, "a.html", html)) == ["有給休暇"]


def test_a_very_deep_page_is_read_or_refused(tmp_path: Path) -> None:
    assert "deep" in parse(tmp_path, "a.html", "<div>" * 3000 + "deep" + "</div>" * 3000).pages[0].text
