"""The libraries of a data folder, whatever state they are in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag_core.errors import LibraryLocked, UserError
from rag_core.index.records import Identity
from rag_core.index.store import Store
from rag_core.library.library import Library
from rag_core.library.listing import create_library, delete_library, library_info, list_libraries, rename_library
from rag_core.library.names import check_library_name
from rag_core.library.records import LibrarySettings
from rag_core.messages import literal
from rag_core.paths import DataDir
from tests.index.builders import DIM, add, vectors

IDENTITY = Identity("pack", "sha", DIM, "mean", "1")


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "data")


def names(data_dir: DataDir) -> list[str]:
    return [info.name for info in list_libraries(data_dir)]


def test_a_new_data_folder_has_none_and_is_not_made_by_looking(data_dir: DataDir) -> None:
    assert list_libraries(data_dir) == ()
    assert not data_dir.root.exists()


def test_libraries_come_in_the_order_a_person_expects(data_dir: DataDir) -> None:
    for name in ("Part 10", "part 9", "資料", "alpha"):
        assert create_library(data_dir, name).state == "ready"
    assert names(data_dir) == ["alpha", "part 9", "Part 10", "資料"]


def test_a_list_counts_what_is_there(data_dir: DataDir) -> None:
    create_library(data_dir, "Work")
    with Store.open(data_dir.libraries / "Work") as store:
        add(store, "/a.txt", ["one", "two"], ["three"])
        store.put_failure("/b.pdf", 1, 1, literal("It is damaged."))
        (beside,) = list_libraries(data_dir)  # a writer at work keeps nobody from looking
    info = library_info(data_dir, "Work")
    assert (info.documents, info.failed, info.passages, info.pending) == (1, 1, 3, 3)
    assert (info.state, info.folder) == ("unfinished", data_dir.libraries / "Work")
    assert info.size_bytes > 0
    assert beside.documents == 1


def test_vectors_of_another_encoder_ask_for_a_rebuild(data_dir: DataDir) -> None:
    create_library(data_dir, "Work")
    with Store.open(data_dir.libraries / "Work") as store:
        store.require_identity(IDENTITY)
        add(store, "/a.txt", ["one"])
        other = Identity("other", "sha", DIM, "mean", "1")
        assert (
            library_info(data_dir, "Work", other).state == "unfinished"
        )  # nothing was embedded: any encoder may begin
        store.put_vectors([chunk.chunk_id for chunk in store.pending_chunks(9)], vectors(1))
    assert library_info(data_dir, "Work", IDENTITY).state == "ready"
    assert library_info(data_dir, "Work", other).state == "rebuild"


def test_one_that_cannot_be_opened_is_listed_with_its_reason(data_dir: DataDir) -> None:
    for name in ("damaged", "encrypted", "too new", "well"):
        create_library(data_dir, name)
    (data_dir.libraries / "encrypted" / "library.db").write_bytes(bytes(range(256)) * 32)
    damaged = data_dir.libraries / "damaged" / "library.db"
    damaged.write_bytes(damaged.read_bytes()[:100] + b"\x07" * 8000)
    with Store.open(data_dir.libraries / "too new") as store:
        store.connection.execute("PRAGMA user_version = 99")
    infos = {info.name: info for info in list_libraries(data_dir)}
    assert [infos[name].state for name in infos] == ["damaged", "locked", "too_new", "ready"]
    assert "damaged" in str(infos["damaged"].reason)
    assert "key" in str(infos["encrypted"].reason)
    assert "newer" in str(infos["too new"].reason)
    assert not infos["well"].reason


def test_a_folder_that_somebody_renamed_by_hand_keeps_no_other_from_the_list(data_dir: DataDir) -> None:
    create_library(data_dir, "Work")
    shutil.copytree(data_dir.libraries / "Work", data_dir.libraries / "Work [old]")
    infos = {info.name: info for info in list_libraries(data_dir)}
    assert [infos[name].state for name in infos] == ["ready", "damaged"]
    assert "cannot be the name" in str(infos["Work [old]"].reason)


def test_one_whose_creation_was_cut_short_is_finished(data_dir: DataDir) -> None:
    create_library(data_dir, "Work")
    (data_dir.libraries / "Work" / "library.db").write_bytes(b"")
    assert library_info(data_dir, "Work").state == "ready"


@pytest.mark.parametrize(
    "name", ["", " ", ".hidden", "a/b", "a\\b", "..", "con", "Aux.old", "LPT1", "end.", "x" * 65, "a:b", "a\nb", "_x"]
)
def test_a_name_that_some_system_refuses_is_refused_everywhere(data_dir: DataDir, name: str) -> None:
    with pytest.raises(UserError):
        create_library(data_dir, name)
    assert list_libraries(data_dir) == ()


def test_names_that_some_system_takes_for_the_same_are_taken(data_dir: DataDir) -> None:
    create_library(data_dir, "Café")
    for same in ("café", "CAFÉ", "Cafe\u0301"):
        with pytest.raises(UserError, match="already"):
            create_library(data_dir, same)
    check_library_name("Console 2026")
    check_library_name("Hollis & Marsh (closed files)")


def test_renaming_keeps_everything(data_dir: DataDir) -> None:
    create_library(data_dir, "Old")
    create_library(data_dir, "Taken")
    Library(data_dir, "Old").save_settings(LibrarySettings({"top_k": 9}))
    with pytest.raises(UserError, match="already"):
        rename_library(data_dir, "Old", "taken")
    assert rename_library(data_dir, "Old", "old").name == "old"  # only in its capitals
    assert rename_library(data_dir, "old", " New ").name == "New"
    assert Library(data_dir, "New").load_settings().overrides == {"top_k": 9}
    assert names(data_dir) == ["New", "Taken"]
    with pytest.raises(UserError, match="no library"):
        rename_library(data_dir, "Old", "Newer")


def test_one_in_use_is_neither_renamed_nor_deleted(data_dir: DataDir) -> None:
    create_library(data_dir, "Busy")
    with Store.open(data_dir.libraries / "Busy"):
        with pytest.raises(LibraryLocked):
            rename_library(data_dir, "Busy", "Calm")
        with pytest.raises(LibraryLocked):
            delete_library(data_dir, "Busy")
    assert names(data_dir) == ["Busy"]


def test_deleting_leaves_nothing_and_a_cut_is_finished_later(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_library(data_dir, "One")
    create_library(data_dir, "Two")
    delete_library(data_dir, "One")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)  # as if the power went
        delete_library(data_dir, "Two")
        assert list_libraries(data_dir) == ()
    assert len(list(data_dir.libraries.iterdir())) == 1
    assert list_libraries(data_dir) == ()
    assert list(data_dir.libraries.iterdir()) == []
    assert create_library(data_dir, "Two").passages == 0
