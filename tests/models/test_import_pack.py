"""`alcove packs import` tells a folder's kind by what is in it, and says what it misses."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.imports.pack import import_pack
from rag_core.errors import UserError
from rag_core.progress import run_to_end
from rag_core.runtime.pack import find_pack
from tests.models.tiny_encoders import cls_bert


def test_an_exported_embedder_becomes_a_pack(tmp_path: Path) -> None:
    run_to_end(import_pack(cls_bert(tmp_path), tmp_path / "packs"))
    assert find_pack(tmp_path / "packs", "embedder").manifest.role == "embedder"


def test_a_language_model_is_told_by_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "genai_config.json").write_text("{}")
    with pytest.raises(UserError):
        run_to_end(import_pack(tmp_path, tmp_path / "packs"))
    assert not (tmp_path / "packs").exists() or not any((tmp_path / "packs").iterdir())


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_folder_that_holds_no_model_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=name) as caught:
        run_to_end(import_pack(tmp_path / name, tmp_path / "packs"))
    assert caught.value.advice
