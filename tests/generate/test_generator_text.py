"""Text out of tokens: whole characters only, and no endless repetition."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.generate.chat_messages import encodable, without_system
from rag_core.generate.repetition import is_looping
from rag_core.generate.stream_text import TextStream
from rag_core.types import ChatMessage


def _bytes_to_text(tokens: Sequence[int]) -> str:
    return bytes(tokens).decode("utf-8", "replace")


@given(st.text())
def test_pieces_join_to_the_text_and_hold_whole_characters(text: str) -> None:
    text = encodable(text).replace("\ufffd", "?")
    stream = TextStream(_bytes_to_text)
    pieces = [stream.feed(byte) for byte in text.encode()] + [stream.finish()]
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)


def test_a_character_that_never_completes_is_dropped() -> None:
    stream = TextStream(_bytes_to_text)
    shown = [stream.feed(byte) for byte in "ok 鍵".encode()[:-1]]
    assert "".join(shown) + stream.finish() == "ok "


def test_a_broken_character_in_the_middle_is_dropped() -> None:
    stream = TextStream(_bytes_to_text)
    shown = [stream.feed(byte) for byte in b"a\xe9\x8d" + "b鍵c".encode()]
    assert "".join(shown) + stream.finish() == "ab鍵c"


@pytest.mark.parametrize(
    ("tokens", "looping"),
    [
        ([7] * 10, True),
        ([7] * 9, False),
        ([1, 2, 3, 4, 5] * 4, True),
        ([9, 9, 1, 2, 3, 4, 5] + [1, 2, 3, 4, 5] * 2, False),
        (list(range(20)) * 3, True),
        (list(range(20)) * 2, False),
        (list(range(100)), False),
        ([0] * 3 + list(range(40)) * 3, True),
        # A list whose items differ is not a loop, however alike they are.
        ([x for item in range(30) for x in (1, 2, 3, 4, 100 + item)], False),
        ([], False),
    ],
)
def test_loops_are_told_from_lists(tokens: list[int], looping: bool) -> None:
    assert is_looping(tokens) is looping


def test_system_messages_move_into_the_user_turn() -> None:
    conversation = (
        ChatMessage("system", "Be short."),
        ChatMessage("user", "One?"),
        ChatMessage("assistant", "1"),
        ChatMessage("user", "?"),
    )
    assert without_system(conversation) == [ChatMessage("user", "Be short.\n\nOne?"), *conversation[2:]]


def test_lone_surrogates_become_encodable() -> None:
    assert encodable("a\ud800b").encode("utf-8") == b"a?b"
