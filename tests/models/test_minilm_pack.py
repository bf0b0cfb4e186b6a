"""The default embedder, as it is built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag_core.embed.opening import open_encoder
from rag_core.runtime.pack import Pack, find_pack

pytestmark = pytest.mark.packs

TEXTS = (
    "The notice period is three months to the end of a quarter.",
    "Employees get 25 days of paid annual leave; five may be carried over until 31 March.",
    "Travel expenses above 500 EUR are approved by the head of the department.",
    "def area(radius):\n    return math.pi * radius ** 2",
    "",
    "?",
    "Revenue 2023 | 1,204,300 | 987,120 | 455,010\nRevenue 2024 | 1,310,000 | 901,500 | 502,250\n" * 30,
)


@pytest.fixture(scope="module")
def pack(packs_dir: Path) -> Pack:
    return find_pack(packs_dir, "embedder", "all-minilm-l6-v2")


def test_int8_is_close_to_fp32_for_every_text(pack: Pack) -> None:
    small = open_encoder(pack, graph="int8").encode_passages(TEXTS)
    exact = open_encoder(pack, graph="fp32").encode_passages(TEXTS)
    assert np.sum(small * exact, axis=1).min() > 0.99


def test_the_int8_graph_is_the_one_that_is_used(pack: Pack) -> None:
    encoder = open_encoder(pack)
    assert (encoder.placement.precision, encoder.placement.device.provider, str(encoder.placement.reason)) == (
        "int8",
        "CPUExecutionProvider",
        "",
    )


def test_a_question_finds_its_passage(pack: Pack) -> None:
    encoder = open_encoder(pack)
    questions = ("How long is the notice period?", "How much holiday do I have?", "Who signs off my travel costs?")
    scores = encoder.encode_queries(questions) @ encoder.encode_passages(TEXTS).T
    assert np.argmax(scores, axis=1).tolist() == [0, 1, 2]
