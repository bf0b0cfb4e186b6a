"""Documents go in whole, come out as they were, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_core.errors import IndexMismatch, LibraryTooNew, StorageFull, UserError
from rag_core.index.records import Identity
from rag_core.index.schema import DATABASE_FILE, LIBRARY
from rag_core.index.store import Store
from rag_core.messages import literal
from rag_core.storage.connection import connect
from rag_core.types import Chunk, Page, ParsedDocument
from tests.index.builders import add, identity_of, parsed, vectors

IDENTITY = Identity("minilm", "ab" * 32, 16, "mean", "1")


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Store.open(tmp_path / "library") as opened:
        yield opened


def found(store: Store, words: str) -> list[str]:
    return [chunk.text for chunk in store.chunks([i for i, _ in store.search_lexical(words, 10)])]


def test_a_page_comes_back_as_it_was_stored(store: Store) -> None:
    document, chunks = parsed(["Rent is due.", "On Monday."], title="Lease")
    store.put_document("/a.txt", 10, 20, identity_of("x"), document, chunks)
    assert store.page(identity_of("x"), 1) == document.pages[0]


def test_chunks_know_their_place(store: Store) -> None:
    document_id = add(store, "/a.pdf", ["First part.", "Second part."], ["Third part."], title="Report")
    chunks = store.chunks([3, 1])
    assert [(c.chunk_id, c.page, c.page_label, c.text) for c in chunks] == [
        (3, 2, "p2", "Third part."),
        (1, 1, "p1", "First part."),
    ]
    assert chunks[0].document_id == document_id
    assert chunks[0].paths == ("/a.pdf",)
    assert [c.text if c else None for pair in map(store.neighbours, (1, 2, 3)) for c in pair] == [
        None, "Second part.", "First part.", None, None, None,
    ]  # fmt: skip


def test_text_outside_the_basic_plane_is_cut_at_the_right_place(store: Store) -> None:
    add(store, "/a.txt", ["😀 smile 𠮷野家.", "Second 𝒳 part."])
    assert [c.text for c in store.chunks([1, 2])] == ["😀 smile 𠮷野家.", "Second 𝒳 part."]


def test_a_chunk_that_is_not_a_slice_of_its_page_is_refused_and_nothing_is_stored(store: Store) -> None:
    document = ParsedDocument("text/plain", (Page(1, "Hello there"),))
    with pytest.raises(ValueError, match="chunk 0"):
        store.put_document("/a.txt", 1, 1, identity_of("x"), document, [Chunk(0, 1, 0, 5, "Other")])
    assert store.known_files() == {}
    assert store.problems() == []


def test_a_changed_file_replaces_exactly_its_own_chunks(store: Store) -> None:
    add(store, "/a.txt", ["Alpha zebra."])
    add(store, "/b.txt", ["Beta zebra."])
    add(store, "/a.txt", ["Gamma zebra."], time_ns=2)
    assert sorted(found(store, "zebra")) == ["Beta zebra.", "Gamma zebra."]
    assert found(store, "alpha") == []
    assert store.problems(thorough=True) == []


def test_the_same_content_at_two_paths_is_stored_once_and_goes_with_the_last(store: Store) -> None:
    document_id = add(store, "/a.txt", ["Alpha zebra."])
    assert store.link_path("/copy/a.txt", 10, 5, document_id)
    assert len(found(store, "zebra")) == 1
    assert {d.path for d in store.documents()} == {"/a.txt", "/copy/a.txt"}
    store.remove_paths(["/a.txt"])
    assert store.chunks([1])[0].paths == ("/copy/a.txt",)
    store.remove_paths(["/copy/a.txt"])
    assert found(store, "zebra") == []
    assert store.problems(thorough=True) == []
    assert store.statistics().pages == 0


def test_linking_to_content_that_is_not_there_changes_nothing(store: Store) -> None:
    assert not store.link_path("/a.txt", 10, 5, identity_of("nowhere"))
    assert store.known_files() == {}


def test_a_failure_is_listed_with_its_reason_until_the_file_can_be_read(store: Store) -> None:
    add(store, "/a.txt", ["Alpha."])
    store.put_failure("/a.txt", 7, 8, literal("It is encrypted."))
    (document,) = store.documents()
    assert (document.state, document.reason, document.document_id) == ("failed", literal("It is encrypted."), "")
    assert found(store, "alpha") == []
    add(store, "/a.txt", ["Beta."])
    assert store.documents()[0].state == "keyword_searchable"
    assert store.problems(thorough=True) == []


def test_a_document_is_searchable_when_its_last_chunk_has_a_vector(store: Store) -> None:
    add(store, "/a.txt", ["One.", "Two."])
    add(store, "/b.txt", ["Three."])
    rows = vectors(3)
    first, second, third = store.pending_chunks(10)
    store.put_vectors([first.chunk_id, third.chunk_id], rows[:2])
    assert {document.path: document.state for document in store.documents()} == {
        "/a.txt": "keyword_searchable",
        "/b.txt": "searchable",
    }
    store.put_vectors([second.chunk_id], rows[2:])
    assert store.documents()[0].state == "searchable"
    assert (store.pending_count(), store.vector_count()) == (0, 3)


def test_a_vector_for_a_chunk_that_was_removed_meanwhile_is_passed_over(store: Store) -> None:
    add(store, "/a.txt", ["One."])
    (chunk,) = store.pending_chunks(10)
    add(store, "/a.txt", ["Changed."])
    assert store.put_vectors([chunk.chunk_id], vectors(1)) == []
    assert store.problems() == []


def test_removed_words_and_text_leave_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    with Store.open(folder) as store:
        for number in range(30):
            add(store, f"/{number}.txt", [f"Ordinary words {number}."])
        add(store, "/secret.txt", ["Xylophonist quandary zyzzyva."], title="Kleptocrat")
        store.remove_paths(["/secret.txt"])
        store.purge()
        held = b"".join(path.read_bytes() for path in folder.iterdir())
    for word in (b"ylophonist", b"zyzzyva", b"leptocrat", b"secret.txt"):
        assert word not in held


def test_a_touched_file_keeps_its_document(store: Store) -> None:
    document_id = add(store, "/a.txt", ["One."])
    store.touch_file("/a.txt", 10, 99)
    assert store.known_files()["/a.txt"].modified_ns == 99
    assert store.known_files()["/a.txt"].document_id == document_id


def test_vectors_of_another_encoder_are_never_mixed(store: Store) -> None:
    store.require_identity(IDENTITY)
    add(store, "/a.txt", ["One."])
    store.put_vectors([1], vectors(1))
    other = Identity("other", "cd" * 32, 16, "mean", "1")
    with pytest.raises(IndexMismatch):
        store.require_identity(other)
    store.require_identity(IDENTITY)
    store.rebuild_for(other)
    store.require_identity(other)
    assert (store.pending_count(), found(store, "one")) == (1, ["One."])


def test_vectors_of_another_dimension_are_refused(store: Store) -> None:
    store.require_identity(IDENTITY)
    add(store, "/a.txt", ["One."])
    with pytest.raises(IndexMismatch):
        store.put_vectors([1], vectors(1)[:, :8])
    assert store.pending_count() == 1


def test_a_library_without_vectors_takes_any_encoder_but_not_another_chunker(store: Store) -> None:
    store.require_identity(IDENTITY)
    store.require_identity(Identity("other", "cd" * 32, 8, "cls", "1"))
    with pytest.raises(IndexMismatch):
        store.require_identity(Identity("other", "cd" * 32, 8, "cls", "2"))


def test_a_library_of_a_newer_version_is_left_untouched(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    connection = connect(tmp_path / DATABASE_FILE, None, LIBRARY.title, read_only=False)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = (tmp_path / DATABASE_FILE).read_bytes()
    for read_only in (False, True):
        with pytest.raises(LibraryTooNew):
            Store.open(tmp_path, read_only=read_only)
    assert (tmp_path / DATABASE_FILE).read_bytes() == before


def test_a_full_disk_stores_nothing_of_the_document_and_keeps_the_others(store: Store) -> None:
    add(store, "/small.txt", ["Alpha zebra."])
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(StorageFull):
        add(store, "/large.txt", [f"word{n} " * 200 for n in range(300)])
    assert list(store.known_files()) == ["/small.txt"]
    assert found(store, "zebra") == ["Alpha zebra."]
    assert store.problems(thorough=True) == []
    store.connection.execute("PRAGMA max_page_count = 1000000")
    add(store, "/large.txt", ["Now it fits."])
    assert store.problems(thorough=True) == []


def test_a_library_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no library"):
        Store.open(tmp_path / "none", read_only=True)
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_not_a_database_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(b"this is a shopping list " * 500)
    with pytest.raises(UserError, match="not a library"):
        Store.open(tmp_path)


def test_removing_gives_the_space_back(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        for number in range(50):
            add(store, f"/{number}.txt", [f"word{number} " * 400])
    before = (tmp_path / DATABASE_FILE).stat().st_size
    with Store.open(tmp_path) as store:
        store.remove_paths(f"/{number}.txt" for number in range(50))
        store.purge()
    assert (tmp_path / DATABASE_FILE).stat().st_size < before / 2


def test_closing_leaves_no_trace_of_a_replaced_text(tmp_path: Path) -> None:
    index = Store.open(tmp_path)
    add(index, "/a.txt", ["Xylophonist quandary."])
    index.put_failure("/a.txt", 1, 1, literal("It is encrypted."))
    index.close()
    assert all(b"ylophonist" not in path.read_bytes() for path in tmp_path.iterdir())
