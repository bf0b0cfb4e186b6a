"""The reader, as it is built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.recipes.reader import recipe
from models.recipes.reader.pairs import PairEncoder
from rag_core.read.description import read_spec
from rag_core.read.opening import open_reader
from rag_core.read.proof import disagreement
from rag_core.runtime.pack import Pack, find_pack

pytestmark = pytest.mark.packs

QUESTION = "How long is the notice period?"
PASSAGES = (
    ("", "The notice period is three months to the end of a quarter."),
    ("Travel", "Expenses above 500 EUR are approved by the head of the department before the journey is booked."),
    ("", "Revenue 2023 | 1,204,300 | 987,120\nRevenue 2024 | 1,310,000 | 901,500\n" * 20),
)


@pytest.fixture(scope="module")
def pack(packs_dir: Path) -> Pack:
    return find_pack(packs_dir, "reader", recipe.PACK_ID)


@pytest.mark.parametrize("graph", ["int8", "fp32"])
def test_the_canonical_values_hold(pack: Pack, graph: str) -> None:
    reader = open_reader(pack, threads=1, graph=graph)
    canonical = pack.manifest.canonical
    assert len(canonical.inputs) == len(canonical.values[graph]) == len(recipe.CANONICAL)
    assert not disagreement(canonical, graph, reader.judge)
    encoder = PairEncoder(pack.path_of("tokenizer.json"), read_spec(pack).max_tokens)
    for words, wanted in zip(recipe.CANONICAL, canonical.values[graph], strict=True):
        got = recipe.proof(pack.path_of(f"{graph}.onnx"), encoder.pair(*words))
        np.testing.assert_allclose(got, wanted, atol=0.05 if graph == "int8" else 1e-3)


def test_int8_is_close_to_fp32(pack: Pack) -> None:
    words = [(QUESTION, subject, passage) for subject, passage in PASSAGES]
    small, exact = (open_reader(pack, threads=1, graph=graph).judge(words) for graph in ("int8", "fp32"))
    for one, other in zip(small, exact, strict=True):
        assert abs(one.relevance - other.relevance) < 0.5
        assert abs(one.answered - other.answered) < 1.5


def test_the_passage_that_answers_comes_first_and_its_answer_is_quoted(pack: Pack) -> None:
    reader = open_reader(pack)
    assert reader.placement.device.provider == "CPUExecutionProvider"
    first, *others = reader.read(QUESTION, PASSAGES)
    assert first is not None and first.span is not None
    assert "three months" in PASSAGES[0][1][slice(*first.span)]
    assert all(other is None or first.relevance > other.relevance for other in others)
