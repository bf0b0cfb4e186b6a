"""Packs as the settings dialog lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_core.engine.health import Check
from rag_core.errors import PackCorrupt, PackMissing
from rag_core.host.lane import Work
from rag_core.host.packs import installed, verify_stepwise
from rag_core.messages import NOTHING
from rag_core.paths import DataDir
from rag_core.progress import run_to_end
from rag_core.runtime.pack import Manifest, Role, find_pack, new_pack, write_manifest
from rag_core.settings import Settings


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    """Two embedders and one language model."""
    data_dir = DataDir(tmp_path)
    roles: dict[str, Role] = {"first": "embedder", "second": "embedder", "writer": "llm"}
    for pack_id, role in roles.items():
        with new_pack(data_dir.packs, pack_id) as folder:
            (folder / "model.onnx").write_bytes(b"weights")
            write_manifest(folder, Manifest(pack_id, role, pack_id.title(), "Apache-2.0", "1", (), ()))
    return data_dir


def result(work: Work) -> Check:
    value = run_to_end(work)
    assert isinstance(value, Check)
    return value


def test_the_settings_decide_which_are_in_use(data_dir: DataDir) -> None:
    listed = {info.pack_id: info for info in installed(data_dir, Settings())}
    assert [pack_id for pack_id, info in listed.items() if info.in_use] == ["first", "writer"]
    assert (listed["first"].size_bytes, listed["first"].role, listed["first"].problem) == (7, "embedder", NOTHING)
    chosen = installed(data_dir, Settings(embedder="second"))
    assert [info.pack_id for info in chosen if info.in_use] == ["second", "writer"]


def test_a_reader_is_in_use_once_it_is_there(data_dir: DataDir) -> None:
    assert {info.role for info in installed(data_dir, Settings())} == {"embedder", "llm"}, "as before there were any"
    for pack_id in ("reader-one", "reader-two"):
        with new_pack(data_dir.packs, pack_id) as folder:
            write_manifest(folder, Manifest(pack_id, "reader", pack_id.title(), "Apache-2.0", "1", (), ()))
    for chosen, in_use in (("", "reader-one"), ("reader-two", "reader-two")):
        listed = installed(data_dir, Settings(reader=chosen))
        assert [info.pack_id for info in listed if info.in_use and info.role == "reader"] == [in_use]


def test_a_damaged_manifest_is_listed_with_its_problem_and_hides_no_other(data_dir: DataDir) -> None:
    (data_dir.packs / "second" / "manifest.json").write_text("{")
    listed = {info.pack_id: info for info in installed(data_dir, Settings())}
    assert set(listed) == {"first", "second", "writer"}
    assert "damaged" in str(listed["second"].problem) and not listed["first"].problem
    assert not result(verify_stepwise(data_dir, "second")).ok


def test_a_damaged_pack_keeps_nobody_from_using_another(data_dir: DataDir) -> None:
    (data_dir.packs / "first" / "manifest.json").write_text("{")
    assert find_pack(data_dir.packs, "embedder").id == "second"
    assert find_pack(data_dir.packs, "llm").id == "writer"
    with pytest.raises(PackCorrupt):
        find_pack(data_dir.packs, "embedder", "first")
    (data_dir.packs / "second" / "manifest.json").write_text("{}")
    with pytest.raises(PackCorrupt):  # one of these would have done
        find_pack(data_dir.packs, "embedder")
    with pytest.raises(PackMissing):
        find_pack(data_dir.packs, "llm", "another")


def test_one_wrong_byte_is_found(data_dir: DataDir) -> None:
    assert result(verify_stepwise(data_dir, "writer")).ok
    (data_dir.packs / "writer" / "model.onnx").write_bytes(b"Weights")
    check = result(verify_stepwise(data_dir, "writer"))
    assert not check.ok and "model.onnx" in str(check.found)
