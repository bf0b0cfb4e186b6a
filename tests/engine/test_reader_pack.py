"""Searches with the models of small packs: with a reader, without one, and with one that is damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag_core.engine import Engine
from rag_core.paths import DataDir
from rag_core.progress import run_to_end
from rag_core.runtime.devices import CPU
from rag_core.stages import READ
from rag_core.types import SearchResult
from tests.embed.static_encoders import source_pack as embedder
from tests.read.tiny_readers import canonical
from tests.read.tiny_readers import write_pack as reader

QUESTION = "what is the notice period?"


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    """With an embedder, and a library that was made with it before there were readers."""
    data_dir = DataDir(tmp_path / "data")
    data_dir.packs.mkdir(parents=True)
    embedder(tmp_path).root.rename(data_dir.packs / "source")
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "notice.txt").write_text("the notice period is 7 8 9\n\nthe period is 3")
    with Engine(data_dir) as engine:
        run_to_end(engine.add([folder]))
    return data_dir


def search(data_dir: DataDir, question: str = QUESTION) -> SearchResult:
    with Engine(data_dir, read_only=True) as engine:
        return engine.search(question)


def test_a_library_works_on_without_a_reader_and_is_read_as_soon_as_there_is_one(
    tmp_path: Path, data_dir: DataDir
) -> None:
    before = search(data_dir)
    assert before.passages and before.passages[0].rerank_score is None
    assert (before.providers, before.reasons) == ({"embed": CPU}, {"rerank": READ.without})
    reader(data_dir.packs / "tiny-reader", canonical=canonical(tmp_path / "proof"))
    after = search(data_dir)
    assert after.passages[0].rerank_score is not None, "with the vectors that it has"
    assert (after.providers, after.reasons) == ({"embed": CPU, "rerank": CPU}, {})
    assert after.counts["reranked"] > 0 and after.timings_ms["load_reader"] > 0


@pytest.mark.parametrize("damaged", ["fp32.onnx", "tokenizer.json", "manifest.json"])
def test_a_damaged_reader_costs_nobody_the_answer(tmp_path: Path, data_dir: DataDir, damaged: str) -> None:
    pack = reader(data_dir.packs / "tiny-reader", canonical=canonical(tmp_path / "proof"))
    content = (pack.root / damaged).read_bytes()
    (pack.root / damaged).write_bytes(content[: len(content) // 2])
    found = search(data_dir)
    assert found.passages and found.passages[0].rerank_score is None and "rerank" not in found.providers
    assert "damaged" in str(found.reasons["rerank"])
    shutil.rmtree(pack.root)
    assert search(data_dir).reasons == {"rerank": READ.without}


def test_a_reader_that_computes_something_else_here_is_not_used(data_dir: DataDir, tmp_path: Path) -> None:
    proof = canonical(tmp_path / "proof")
    proof.values["fp32"] = tuple(tuple(value + 5.0 for value in row) for row in proof.values["fp32"])
    reader(data_dir.packs / "tiny-reader", canonical=proof)
    found = search(data_dir)
    assert found.passages and "does not compute what it should" in str(found.reasons["rerank"])
