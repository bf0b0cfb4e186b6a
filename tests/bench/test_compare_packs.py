"""The whole comparison with the real models, as a person starts it: the processor alone, in its own process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_core.cli import DONE, main
from rag_core.runtime.devices import CPU

pytestmark = pytest.mark.packs
STAGES = ("embed", "rerank", "generate")
MEASURED = (
    *("embed_tokens_per_s", "rerank_pairs_per_s", "prefill_tokens_per_s", "first_token_s", "decode_tokens_per_s"),
    *("index_s", "index_s_per_mb", "index_chunks_per_s", "query_mean_s", "query_p95_s"),
)


def test_the_processor_is_measured_with_the_real_models(
    packs_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.md"
    data_dir = str(packs_dir.parent)
    command = ["bench", "--compare", "--quick", "--questions", "1", "--json", "--data-dir", data_dir]
    assert main([*command, "--markdown", str(file)]) == DONE
    document = json.loads(capsys.readouterr().out)
    rows = {row["key"]: row["values"]["cpu"] for row in document["rows"]}
    assert all(rows[key]["value"] > 0 for key in MEASURED)
    (cpu,) = (provider for provider in document["providers"] if provider["id"] == "cpu")
    assert {name: stage["provider"] for name, stage in cpu["stages"].items()} == dict.fromkeys(STAGES, CPU)
    assert cpu["failure"] is None
    assert cpu["answers"][0]["answer"] and cpu["peak_memory_mib"] > 50
    assert data_dir not in json.dumps(document) and data_dir not in file.read_text(encoding="utf-8")
    assert not (packs_dir.parent / "comparison.json").exists()
