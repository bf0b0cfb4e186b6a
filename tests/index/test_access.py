"""Who may open a library: keys, one writer, readers beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rag_core.errors import LibraryLocked
from rag_core.index.store import Store
from rag_core.storage import connection
from tests.index.builders import add, embed_everything

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def test_nothing_of_an_encrypted_library_is_readable_on_the_disk(tmp_path: Path) -> None:
    index = Store.open(tmp_path, KEY)
    add(index, "/private/diary.txt", ["Zyzzyva met the xylophonist."], title="Diary")
    rows = embed_everything(index)
    index.close()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for trace in (b"yzzyva", b"xylophonist", b"diary", b"SQLite format", rows[0].astype("<f2").tobytes()[:16]):
        assert trace not in held
    assert not (tmp_path / "vectors.faiss").exists()
    with Store.open(tmp_path, KEY, read_only=True) as store:
        assert store.search_dense(rows[0], 1)[0][0] == 1


@pytest.mark.parametrize("key", [OTHER_KEY, None])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_wrong_or_missing_key_is_refused_and_the_right_one_still_opens(
    tmp_path: Path, key: bytes | None, read_only: bool
) -> None:
    with Store.open(tmp_path, KEY) as store:
        add(store, "/a.txt", ["Alpha."])
    with pytest.raises(LibraryLocked, match="encrypted"):
        Store.open(tmp_path, key, read_only=read_only)
    with Store.open(tmp_path, KEY) as store:
        assert list(store.known_files()) == ["/a.txt"]


def test_a_key_for_a_library_without_one_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with pytest.raises(LibraryLocked, match="not encrypted"):
        Store.open(tmp_path, KEY)


def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    first = Store.open(tmp_path)
    with pytest.raises(LibraryLocked, match="Another program"):
        Store.open(tmp_path)
    first.close()
    Store.open(tmp_path).close()


def test_a_reader_sees_each_document_as_soon_as_it_is_stored(tmp_path: Path) -> None:
    with Store.open(tmp_path) as writer, Store.open(tmp_path, read_only=True) as reader:
        assert reader.search_lexical("alpha", 5) == []
        add(writer, "/a.txt", ["Alpha."])
        assert [chunk for chunk, _ in reader.search_lexical("alpha", 5)] == [1]
        with pytest.raises(RuntimeError, match="read-only"):
            reader.remove_paths(["/a.txt"])


def test_a_reader_notices_vectors_that_another_process_stored_and_removed(tmp_path: Path) -> None:
    writer = Store.open(tmp_path)
    reader = Store.open(tmp_path, read_only=True)
    add(writer, "/a.txt", ["Alpha.", "Beta."])
    add(writer, "/b.txt", ["Gamma."])
    rows = embed_everything(writer)
    assert [chunk for chunk, _ in reader.search_dense(rows[1], 1)] == [2]
    writer.remove_paths(["/a.txt"])
    assert [chunk for chunk, _ in reader.search_dense(rows[1], 5)] == [3]
    reader.close()
    writer.close()


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from rag_core.index.store import Store;"
        "store = Store.open(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"open"
        with pytest.raises(LibraryLocked):
            Store.open(tmp_path)
        child.kill()
        child.wait()
    Store.open(tmp_path).close()


def test_a_library_on_a_read_only_disk_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Store.open(tmp_path)
    add(index, "/a.txt", ["Alpha."])
    rows = embed_everything(index)
    index.close()
    monkeypatch.setattr(connection, "_writable", lambda path: False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    reader = Store.open(tmp_path, read_only=True)
    assert [chunk for chunk, _ in reader.search_lexical("alpha", 5)] == [1]
    assert [chunk for chunk, _ in reader.search_dense(rows[0], 5)] == [1]
    assert reader.problems(thorough=True) == []
    reader.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
