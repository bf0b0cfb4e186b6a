"""A model that an office brings on a USB stick becomes an embedder that computes what the model's maker meant."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.imports.embedder import import_embedder
from rag_core.embed.opening import open_encoder
from rag_core.errors import PackCorrupt, UserError
from rag_core.runtime.pack import find_pack, list_packs
from tests.models.tiny_encoders import HIDDEN, cls_bert, rotary, states_of

QUESTION = "who pays the travel costs?"
LONG = "annual leave of three months and the notice period " * 20


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return tmp_path / "packs"


def _folder(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


def test_first_token_pooling_and_prompts_are_taken_from_the_folder(tmp_path: Path, packs: Path) -> None:
    folder = cls_bert(_folder(tmp_path, "Office-BERT v2"))
    steps = list(import_embedder(folder, packs))
    encoder = open_encoder(find_pack(packs, "embedder"), threads=2)

    assert steps[-1].done == steps[-1].total
    assert (encoder.pack_id, encoder.dim, encoder.max_tokens) == ("office-bert-v2", HIDDEN, 48)
    for encode, prompt in ((encoder.encode_queries, "query: "), (encoder.encode_passages, "passage: ")):
        for text in (QUESTION, LONG):
            wanted = states_of(folder, prompt + text, 48)[0]
            np.testing.assert_allclose(encode([text])[0], wanted / np.linalg.norm(wanted), atol=1e-5)


def test_a_rotary_model_with_byte_level_tokens_and_mean_pooling(tmp_path: Path, packs: Path) -> None:
    folder = rotary(_folder(tmp_path, "modern"))
    list(import_embedder(folder, packs))
    encoder = open_encoder(find_pack(packs, "embedder"), threads=2)

    texts = [QUESTION, "ログイン 🙂", LONG, "", "a of and"]
    vectors = encoder.encode_passages(texts)
    for text, vector in zip(texts, vectors, strict=True):
        wanted = states_of(folder, text, 40).mean(axis=0)
        np.testing.assert_allclose(vector, wanted / np.linalg.norm(wanted), atol=1e-5)


def test_a_changed_file_of_an_imported_pack_is_refused(tmp_path: Path, packs: Path) -> None:
    list(import_embedder(rotary(_folder(tmp_path, "modern")), packs))
    pack = find_pack(packs, "embedder")
    graph = pack.path_of("model.onnx")
    graph.write_bytes(graph.read_bytes()[:-1] + b"!")

    with pytest.raises(PackCorrupt, match=r"model\.onnx"):
        open_encoder(pack)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("modules.json", "[{", "modules.json is damaged"),
        ("modules.json", '[{"type": "x.WordWeights"}]', "WordWeights"),
        ("modules.json", '[{"type": "x.Transformer"}, {"type": "x.Dense"}]', "dense layer"),
        ("1_Pooling/config.json", '{"pooling_mode_weightedmean_tokens": true}', "weightedmean_tokens"),
        (
            "1_Pooling/config.json",
            '{"pooling_mode_cls_token": true, "pooling_mode_max_tokens": true}',
            "pools in a way",
        ),
        ("model.onnx", "not a graph", "cannot be used"),
        ("tokenizer.json", "{}", "tokenizer"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_installed(
    tmp_path: Path, packs: Path, name: str, content: str, message: str
) -> None:
    folder = rotary(_folder(tmp_path, "modern"))
    (folder / name).write_text(content, encoding="utf-8")

    with pytest.raises(UserError, match=message):
        list(import_embedder(folder, packs))
    assert list_packs(packs) == []


def test_an_incomplete_folder_names_what_is_missing(tmp_path: Path, packs: Path) -> None:
    folder = rotary(_folder(tmp_path, "modern"))
    (folder / "model.onnx").unlink()

    with pytest.raises(UserError, match="no ONNX graph"):
        list(import_embedder(folder, packs))


def test_a_newer_way_to_write_the_pooling_is_read(tmp_path: Path, packs: Path) -> None:
    folder = rotary(_folder(tmp_path, "modern"))
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode": "cls"}), encoding="utf-8")
    list(import_embedder(folder, packs))

    assert find_pack(packs, "embedder").manifest.spec["pooling"] == "cls"
