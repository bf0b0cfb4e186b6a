"""Ids are cut at the model's limit, spans never are; both stand odd text."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from rag_core.errors import PackCorrupt
from rag_core.runtime.tokenizer import PackTokenizer
from tests.models.tiny_minilm import tokenizer

ODD = "What\x00 is \ud83d the ﬁ 🙂 period?\u200b"


@pytest.fixture
def words(tmp_path: Path) -> PackTokenizer:
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    return PackTokenizer(tmp_path / "tokenizer.json")


def test_ids_keep_their_special_tokens_when_they_are_cut(words: PackTokenizer) -> None:
    short, cut, empty = words.encode_batch(["what is 7", "1 2 3 4 5 6 7 8 9", ""], 6)
    assert short.tolist() == [2, 4, 5, 17, 3]
    assert cut.tolist() == [2, 11, 12, 13, 14, 3]
    assert empty.tolist() == [2, 3]


def test_spans_cover_the_words_and_nothing_else(words: PackTokenizer) -> None:
    text = "  What is\tthe notice\nperiod?"
    assert [text[a:b] for a, b in words.token_spans(text)] == ["What", "is", "the", "notice", "period", "?"]


def test_a_long_text_is_not_cut_and_its_spans_stay_right_behind_every_seam(words: PackTokenizer) -> None:
    text = "ünï the notice 12 " * 20_000
    spans = words.token_spans(text)
    assert len(spans) == 4 * 20_000
    assert {text[a:b] for a, b in spans} == {"ünï", "the", "notice", "12"}
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_a_long_text_without_white_space_ends(words: PackTokenizer) -> None:
    spans = words.token_spans("x" * 200_000)
    assert (spans[0][0], spans[-1][1]) == (0, 200_000)


def test_odd_characters_keep_their_offsets(words: PackTokenizer) -> None:
    assert ODD.index("the") in {start for start, _ in words.token_spans(ODD)}
    assert len(words.encode_batch([ODD], 32)[0]) > 2
    assert words.token_spans("") == []


def test_a_file_that_is_no_tokenizer_is_a_corrupt_pack(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PackCorrupt, match="tokenizer"):
        PackTokenizer(tmp_path / "tokenizer.json")
