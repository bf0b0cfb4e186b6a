"""What the reader says of a text depends on the question and the text alone, and its words lie in the text."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from rag_core.errors import Cancelled, PackCorrupt
from rag_core.progress import CancelToken
from rag_core.read.opening import open_reader
from rag_core.read.reader import Reader
from rag_core.runtime.pack import Pack
from tests.read.tiny_readers import canonical, int8_and_fp32, write_pack

QUESTION = "what is the notice period?"
TEXTS = tuple(("the period " * (n % 3), f"{n} the notice " + "is " * (n % 40) + "7") for n in range(30))
UGLY = (
    "",
    " \n\t",
    "🙂👩🏽‍🚀🇯🇵 the notice",
    "通知期間は3か月です。 7 8 9",
    "cafe\u0301 " * 50,
    "half of a pair \ud83d is \udc00 here",
    "notice " * 2000,
    "x" * 10_000,
    "\u0301" * 300,
    "(((( 7 8 9 ))))",
)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("reader")
    return write_pack(folder / "pack", int8_and_fp32(), canonical(folder / "proof"))


def _reader(pack: Pack, threads: int = 1, graph: str = "") -> Reader:
    return open_reader(pack, threads=threads, graph=graph, time_ms=math.inf)


def _graph(reader: Reader) -> str:
    (graph,) = reader.placement.opened().graphs
    return graph.name


def test_the_first_graph_is_used_where_it_computes_right(pack: Pack) -> None:
    reader = _reader(pack)
    placement = reader.placement
    told = (reader.pack_id, _graph(reader), placement.precision, str(placement.reason))
    assert told == ("tiny-reader", "int8", "int8", "")


def test_a_graph_that_computes_something_else_is_replaced_and_that_is_said(tmp_path: Path) -> None:
    proof = canonical(tmp_path / "proof")
    reader = _reader(write_pack(tmp_path / "pack", int8_and_fp32(seed=7), proof))
    assert _graph(reader) == "fp32"
    assert "“int8” is not used" in str(reader.placement.reason)
    with pytest.raises(PackCorrupt, match="does not compute what it should"):
        _reader(write_pack(tmp_path / "wrong", int8_and_fp32(seed=7)[:1], proof))


@pytest.mark.parametrize("graph", ["int8", "fp32"])
def test_neighbours_order_and_threads_change_nothing(pack: Pack, graph: str) -> None:
    one, three = _reader(pack, 1, graph), _reader(pack, 3, graph)
    alone = [one.judge([(QUESTION, *text)])[0] for text in TEXTS]
    words = [(QUESTION, *text) for text in TEXTS]
    assert three.judge(words) == alone
    assert three.judge(words[::-1]) == alone[::-1]


def test_what_is_read_is_what_is_judged(pack: Pack) -> None:
    reader = _reader(pack, 2)
    together = reader.read(QUESTION, TEXTS[:4])
    assert together == [reader.read(QUESTION, [text])[0] for text in TEXTS[:4]]
    assert reader.read(QUESTION, []) == []
    assert reader.support([]) == []


@pytest.mark.parametrize("text", UGLY)
def test_words_lie_inside_their_own_text(pack: Pack, text: str) -> None:
    reader = _reader(pack)
    for question in (QUESTION, "", text):
        (judgement,) = reader.judge([(question, text, text)])
        assert judgement.span is None or 0 <= judgement.span[0] < judgement.span[1] <= len(text)
        (found,) = reader.read(question, [(text, text)])
        assert found is not None and 0 <= found.relevance <= 1 and 0 <= found.span_probability <= 1
    assert 0 <= reader.support([(text, text)])[0] <= 1


def test_a_text_without_words_answers_and_supports_nothing(pack: Pack) -> None:
    reader = _reader(pack)
    (found,) = reader.read(QUESTION, [("the notice period", " ")])
    assert found is not None and (found.relevance, found.span) == (0.0, None)
    assert reader.support([("it is 7", "")]) == [0.0]


def test_what_stands_beyond_the_first_window_is_read_too(pack: Pack) -> None:
    reader = _reader(pack, graph="fp32")
    (whole,) = reader.judge([(QUESTION, "", "is " * 23 + "7 8 9 notice period")])
    (cut,) = reader.judge([(QUESTION, "", "is " * 23)])
    assert whole != cut


@pytest.mark.parametrize("threads", [1, 2])
def test_reading_can_be_stopped(pack: Pack, threads: int) -> None:
    token = CancelToken()
    reader = _reader(pack, threads)
    token.cancel()
    with pytest.raises(Cancelled):
        reader.read(QUESTION, TEXTS, token)
    with pytest.raises(Cancelled):
        reader.support(TEXTS, token)
