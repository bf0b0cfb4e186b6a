"""Messages between processes arrive whole or not at all, and what a library prints is none of them."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from rag_core.errors import DocumentUnreadable
from rag_core.messages import say
from rag_core.process.error_wire import error_of, loaded, packed_error, packed_trouble
from rag_core.process.trouble import Trouble
from rag_core.process.wire import receive, send
from tests.source_code import ROOT


def test_messages_come_back_one_by_one() -> None:
    pipe = io.BytesIO()
    for payload in (b"first", b"", b"\x00" * 70_000):
        send(pipe, payload)
    pipe.seek(0)
    assert [receive(pipe) for _ in range(4)] == [b"first", b"", b"\x00" * 70_000, None]


@pytest.mark.parametrize("kept", [0, 3, 8, 12])
def test_what_was_cut_off_is_no_message(kept: int) -> None:
    pipe = io.BytesIO()
    send(pipe, b"hello")
    assert receive(io.BytesIO(pipe.getvalue()[:kept])) is None


def test_what_is_printed_does_not_mix_with_messages() -> None:
    script = """
import os
from rag_core.process.wire import receive, send, take_pipes
incoming, outgoing = take_pipes(prints=False)
print("noise", flush=True)
os.write(2, b"more noise")
send(outgoing, receive(incoming)[::-1])
"""
    order = io.BytesIO()
    send(order, b"abc")
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, input=order.getvalue(), capture_output=True, check=True, cwd=ROOT)
    assert (receive(io.BytesIO(done.stdout)), done.stderr) == (b"cba", b"")


def test_an_error_and_the_last_words_of_a_child_come_back_as_they_were() -> None:
    error = DocumentUnreadable(say("folder-missing", folder="\udcff"), say("name-model-folder"))
    back = error_of(loaded(packed_error(error)))
    assert isinstance(back, DocumentUnreadable)
    assert (back.message, back.advice) == (error.message, error.advice)
    trouble = Trouble("failed", "ZeroDivisionError, line 3")
    assert error_of(loaded(packed_trouble(trouble))) == trouble
