"""Texts are laid out as the reader was trained on them; what does not fit is read in a second window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.recipes.reader.pairs import QUESTION_TOKENS, SUBJECT_TOKENS, PairEncoder
from rag_core.errors import PackCorrupt
from rag_core.read.description import ReaderSpec, Scale
from rag_core.read.layout import Layout
from rag_core.runtime.tokenizer import PackTokenizer
from tests.models.tiny_minilm import tokenizer
from tests.read.tiny_readers import MAX_TOKENS

WORDS = st.lists(st.sampled_from(["what", "notice", "7", "8", "9", "unknown", "?", "\n"]), max_size=120)


def _spec(max_tokens: int, question: int = QUESTION_TOKENS, subject: int = SUBJECT_TOKENS) -> ReaderSpec:
    return ReaderSpec(max_tokens, question, subject, "tokenizer.json", (), Scale(), Scale(), Scale())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer().save(str(path))
    return path


@given(WORDS, WORDS, WORDS)
def test_the_first_window_is_what_the_reader_was_trained_on(
    file: Path, question: list[str], subject: list[str], text: list[str]
) -> None:
    words = (" ".join(question), " ".join(subject), " ".join(text))
    (windows,) = Layout(_spec(128), PackTokenizer(file)).windows([words])
    wanted = PairEncoder(file, 128).pair(*words)
    assert bool(windows) == bool(words[2].split())
    if windows:
        np.testing.assert_array_equal(windows[0].ids, wanted.ids)
        assert windows[0].passage_at == wanted.passage_at


@given(WORDS, st.integers(0, 12))
def test_two_windows_hold_a_text_that_is_twice_as_long_and_overlap(file: Path, words: list[str], asked: int) -> None:
    text = " ".join(words)
    layout = Layout(_spec(MAX_TOKENS, 8, 4), PackTokenizer(file))
    (windows,) = layout.windows([("what " * asked, "the notice period is here", text)])
    tokens = PackTokenizer(file).token_spans(text)
    assert len(windows) <= 2
    for window in windows:
        assert len(window.ids) <= MAX_TOKENS
        assert len(window.ids) == window.passage_at + len(window.offsets) + 1
    room = MAX_TOKENS - 1 - (windows[0].passage_at if windows else 0)
    seen = {tuple(offset) for window in windows for offset in window.offsets.tolist()}
    assert seen == set(tokens[: 2 * room - room // 2])
    if len(windows) == 2:
        assert windows[1].offsets[0, 0] < windows[0].offsets[-1, 0]


def test_what_stands_in_several_texts_is_laid_out_the_same(file: Path) -> None:
    layout = Layout(_spec(64), PackTokenizer(file))
    words = [("is it 7", "the notice", "8 9"), ("is it 7", "", "8 9"), ("8 9", "the notice", "is it 7")]
    for alone, together in zip([layout.windows([one])[0] for one in words], layout.windows(words), strict=True):
        np.testing.assert_array_equal(alone[0].ids, together[0].ids)


def test_a_tokenizer_of_another_kind_is_refused(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "tokenizer.json"
    other.write_text(file.read_text().replace("[SEP]", "</s>"))
    with pytest.raises(PackCorrupt, match="no token “\\[SEP\\]”"):
        Layout(_spec(64), PackTokenizer(other))
