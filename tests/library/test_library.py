"""One library: what it is set to, and the key and the files behind the one door to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_core.errors import LibraryLocked, LibraryMissing, UserError
from rag_core.library.library import Library
from rag_core.library.records import Folder, LibrarySettings
from rag_core.paths import DataDir
from rag_core.settings import Settings
from tests.index.builders import add
from tests.source_code import sources


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "data")


@pytest.fixture
def library(data_dir: DataDir) -> Iterator[Library]:
    with Library(data_dir, "Work") as library:
        library.make()
        yield library


def test_nothing_is_made_before_something_is_wanted(data_dir: DataDir) -> None:
    with Library(data_dir, "Work") as library, Library(data_dir, "Work", read_only=True) as reader:
        assert not library.exists and not library.has_conversations
        assert library.settings == Settings()
        for wanted in (lambda: reader.store, lambda: reader.conversations, reader.load_settings):
            with pytest.raises(LibraryMissing, match="Work"):
                wanted()
    assert not data_dir.root.exists()


def test_what_the_library_is_set_to_stands_over_the_general_and_what_is_asked_for_over_both(data_dir: DataDir) -> None:
    general = Settings(top_k=3, chunk_tokens=100, candidate_k=20)
    with Library(data_dir, "Work", general, {"top_k": 9, "max_new_tokens": None}) as library:
        library.make()
        library.save_settings(LibrarySettings({"top_k": 5, "chunk_tokens": 200}))
        assert library.settings == Settings(top_k=9, chunk_tokens=200, candidate_k=20)
        library.general = Settings(relevance_threshold=0.2)
        assert library.settings == Settings(top_k=9, chunk_tokens=200, relevance_threshold=0.2)
        (library.folder / "library.json").write_text("[")
        assert library.settings == Settings(top_k=9, relevance_threshold=0.2)


def test_one_key_opens_documents_and_conversations_and_is_asked_for_once(data_dir: DataDir) -> None:
    asked: list[Path] = []

    def key_of(folder: Path) -> bytes:
        asked.append(folder)
        return b"k" * 32

    with Library(data_dir, "Secret", key_source=key_of) as library:
        add(library.store, "/diary.txt", ["Zyzzyva met the xylophonist."])
        library.conversations.create("Quetzalcoatl")
        assert asked == [library.folder]
    held = b"".join(path.read_bytes() for path in library.folder.iterdir())
    for trace in (b"yzzyva", b"Quetzalcoatl", b"SQLite format"):
        assert trace not in held
    with Library(data_dir, "Secret", read_only=True) as without:
        for wanted in (lambda: without.store, lambda: without.conversations):
            with pytest.raises(LibraryLocked, match="encrypted"):
                wanted()
    with Library(data_dir, "Secret", key_source=key_of, read_only=True) as again:
        assert list(again.store.known_files()) == ["/diary.txt"]
        assert [kept.title for kept in again.conversations.list()] == ["Quetzalcoatl"]


def test_it_is_the_one_door() -> None:
    """What opens a file elsewhere would open it without its key."""
    door = re.compile(r"(?<!class )\b(?:Store\.open|ConversationStore)\(")
    places = {place for package in ("app", "rag_core") for place, text in sources(package) if door.search(text)}
    assert places == {"rag_core/library/library.py"}


def test_closing_gives_both_files_back_and_they_open_again(library: Library, data_dir: DataDir) -> None:
    library.conversations.create("One")
    with pytest.raises(LibraryLocked):
        Library(data_dir, "Work").make()
    library.close()
    library.close()
    with Library(data_dir, "Work") as other:
        other.make()
    assert [kept.title for kept in library.conversations.list()] == ["One"]


def test_settings_come_back_as_they_were_saved(library: Library) -> None:
    assert library.load_settings() == LibrarySettings()
    chosen = LibrarySettings(
        {"top_k": 7, "relevance_threshold": 0.25, "chunk_tokens": 300},
        (Folder(Path("/契約"), False), Folder(Path("/b"))),
    )
    library.save_settings(chosen)
    assert library.load_settings() == chosen
    assert [path.name for path in library.folder.glob("*.partial")] == []


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", '{"top_k": "5"}', '{"top_k": 0}', '{"relevance_threshold": 2}', '{"folders": {}}',
        '{"relevance_threshold": NaN}', '{"folders": ["x"]}', '{"folders": [{"path": 3}]}', '{"chunk_tokens": true}',
    ],
)  # fmt: skip
def test_damaged_settings_are_said_in_plain_words(library: Library, text: str) -> None:
    (library.folder / "library.json").write_text(text)
    with pytest.raises(UserError, match=r"library\.json"):
        library.load_settings()


def test_a_setting_of_another_version_is_left_out(library: Library) -> None:
    (library.folder / "library.json").write_text('{"top_k": 4, "colour": "blue"}')
    assert library.load_settings() == LibrarySettings({"top_k": 4})
