"""A whole question on the NPU's emulator: embed, search, read, write 16 tokens, check them, with nobody looking on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.convert.decoder.static import write_static as write_decoder
from models.convert.encoder.static import write_static as write_encoder
from models.convert.encoder.static_reader import write_static as write_reader
from rag_core.engine import Engine
from rag_core.errors import NotPrepared
from rag_core.paths import DataDir
from rag_core.progress import run_to_end
from rag_core.runtime.devices import CPU, QNN, Device
from rag_core.runtime.npu.compiled import context_folder, expected_stamp
from rag_core.runtime.npu.compiling import compile_static
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR
from rag_core.runtime.pack import Pack, find_pack, write_manifest
from rag_core.runtime.session import Session, open_on
from rag_core.settings import Settings
from rag_core.types import Answer, SearchResult
from tests.embed.static_encoders import source_pack as embedder
from tests.generate.static_decoders import source_pack as language_model
from tests.models.tiny_llm import QWEN_LIKE
from tests.read.tiny_readers import canonical
from tests.read.tiny_readers import write_pack as reader

pytestmark = pytest.mark.npu

# Every byte is a token of the small model, and the examples in the prompt are long.
NETWORK = replace(QWEN_LIKE, context_tokens=2048)
WINDOWS = ((128, 2048), (1, 2048))
BUCKETS = ((1, 32), (4, 32))
ON_THE_NPU = Settings(relevance_threshold=0.0, execution_provider="npu", max_new_tokens=16, evidence_tokens=150)
QUESTION = "How many people does room 7 seat?"


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    """With three small models, and a document."""
    data_dir = DataDir(tmp_path / "data")
    language_model(data_dir.root, NETWORK)
    encoder = embedder(tmp_path)
    write_manifest(encoder.root, replace(encoder.manifest, id="tiny-embedder"))
    encoder.root.rename(data_dir.packs / "tiny-embedder")
    reader(data_dir.packs / "tiny-reader", canonical=canonical(tmp_path / "proof"))
    folder = tmp_path / "documents"
    folder.mkdir()
    rooms = [f"Room {number} seats {number + 5} people." for number in range(9)]
    (folder / "rooms.txt").write_text("\n\n".join(["This is how many people each room of the house seats.", *rooms]))
    return data_dir


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Session]:
    """Every session that is opened on a device."""
    sessions: list[Session] = []

    def noted(*arguments: object, **options: object) -> Session:
        sessions.append(open_on(*arguments, **options))  # type: ignore[arg-type]
        return sessions[-1]

    monkeypatch.setattr("rag_core.runtime.places.open_on", noted)
    return sessions


def compile_for(emulator: Device, source: Pack, static: Pack, data_dir: DataDir) -> None:
    folder = context_folder(data_dir.contexts, source.id, EMULATOR)
    list(compile_static(static, folder, emulator, EMULATOR, expected_stamp(source, EMULATOR, RECIPE)))


def test_a_whole_question_on_the_npu(
    tmp_path: Path, data_dir: DataDir, emulator: Device, opened: list[Session]
) -> None:
    model, encoder = find_pack(data_dir.packs, "llm"), find_pack(data_dir.packs, "embedder")
    reading = find_pack(data_dir.packs, "reader")
    compile_for(emulator, model, write_decoder(model, tmp_path / "static-llm", WINDOWS, "fp16"), data_dir)
    compile_for(emulator, encoder, write_encoder(encoder, tmp_path / "static-embedder", BUCKETS), data_dir)
    compile_for(emulator, reading, write_reader(reading, tmp_path / "static-reader", BUCKETS), data_dir)
    with Engine(data_dir, "office", ON_THE_NPU) as engine:
        report = run_to_end(engine.add([tmp_path / "documents"]))
        assert (report.added, report.failed) == (1, ())
        assert {document.state for document in engine.documents()} == {"searchable"}
        events = list(engine.ask(QUESTION))
    assert isinstance(events[0], SearchResult) and isinstance(events[-1], Answer)
    answer = events[-1]
    passages = {passage.text for passage in answer.passages}
    assert any("Room 7 seats 12 people." in text for text in passages)
    assert all(passage.dense_score is not None and passage.rerank_score is not None for passage in answer.passages)
    assert answer.counts["new_tokens"] == 16
    assert (answer.providers, answer.reasons) == ({"embed": QNN, "rerank": QNN, "generate": QNN}, {})
    assert answer.counts["reranked"] > 0 and answer.timings_ms["rerank"] > 0
    assert (answer.provenance["top_k"], answer.provenance["reader"]) == ("7", "tiny-reader")
    assert answer.timings_ms["load_llm"] > 0
    assert opened
    for session in opened:
        assert set(session.nodes) == {QNN}, session.graph.name


def test_a_demand_that_cannot_be_met_says_what_is_missing(tmp_path: Path, data_dir: DataDir, emulator: Device) -> None:
    with (
        Engine(data_dir, "office", ON_THE_NPU) as engine,
        pytest.raises(NotPrepared, match="has not been prepared for"),
    ):
        run_to_end(engine.add([tmp_path / "documents"]))
    with Engine(data_dir, "office", replace(ON_THE_NPU, execution_provider="auto")) as engine:
        run_to_end(engine.add([tmp_path / "documents"]))
        assert engine.search(QUESTION).providers == {"embed": CPU, "rerank": CPU}
