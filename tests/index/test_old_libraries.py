"""Libraries of every released schema version open, are brought up to date and lose nothing.

`fixtures/schema_N` is a library as the program of that version wrote it, never written again. The current version's is
made by `python -m tests.index.test_old_libraries`.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from rag_core.index.records import Identity
from rag_core.index.schema import DATABASE_FILE, LIBRARY
from rag_core.index.store import Store
from rag_core.messages import literal
from rag_core.storage.connection import connect
from tests.index.builders import DIM, add, embed_everything, vectors

FIXTURES = Path(__file__).parent / "fixtures"
IDENTITY = Identity("fixture", "ab" * 32, DIM, "mean", "1")


def test_every_version_has_its_fixture() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == {f"schema_{n}" for n in range(1, LIBRARY.version + 1)}


@pytest.mark.parametrize("version", range(1, LIBRARY.version + 1))
def test_an_old_library_is_whole_in_this_version(tmp_path: Path, version: int) -> None:
    folder = tmp_path / "library"
    shutil.copytree(FIXTURES / f"schema_{version}", folder)
    with Store.open(folder) as store:
        assert store.problems(thorough=True) == []
        assert store.meta()["schema_version"] == str(LIBRARY.version)
        store.require_identity(IDENTITY)
        states = {document.path: document.state for document in store.documents()}
        assert states == {
            "/copies/rules.txt": "searchable",
            "/office/rules.txt": "searchable",
            "/office/東京.txt": "searchable",
            "/office/broken.pdf": "failed",
        }
        assert [c.text for c in store.chunks([i for i, _ in store.search_lexical("東京都の図書館", 1)])] == [
            "東京都の図書館は月曜日に休館します。"
        ]
        assert [chunk for chunk, _ in store.search_dense(vectors(3)[1], 1)] == [2]
        assert store.page(store.chunks([1])[0].document_id, 1).lines[0].x0 == 72.25
        store.remove_paths(["/office/東京.txt"])
        assert store.problems(thorough=True) == []


@pytest.mark.parametrize(
    ("media_type", "place"),
    [
        ("application/pdf", "page"),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "slide"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "sheet"),
        ("application/vnd.ms-excel", "sheet"),
        ("application/vnd.oasis.opendocument.spreadsheet", "sheet"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "part"),
        ("text/plain", "part"),
    ],
)
def test_pages_of_old_libraries_are_called_as_their_format_calls_them(
    tmp_path: Path, media_type: str, place: str
) -> None:
    folder = tmp_path / "library"
    shutil.copytree(FIXTURES / "schema_1", folder)
    with closing(connect(folder / DATABASE_FILE, None, literal("library"), read_only=False)) as connection:
        connection.execute("UPDATE documents SET media_type = ? WHERE page_count = 2", (media_type,))
    with Store.open(folder) as store:
        for chunk in store.chunks([1, 2, 3]):
            infos = store.page_infos(chunk.document_id)
            expected = place if len(infos) == 2 else ""
            assert {chunk.place, *(info.place for info in infos)} == {expected}


def write_fixture(folder: Path) -> None:
    index = Store.open(folder)
    index.require_identity(IDENTITY)
    document_id = add(index, "/office/rules.txt", ["Smoking is not allowed.", "Lifts stop at ten."], title="Rules")
    index.link_path("/copies/rules.txt", 10, 2, document_id)
    add(index, "/office/東京.txt", ["東京都の図書館は月曜日に休館します。"])
    index.put_failure("/office/broken.pdf", 0, 1, literal("The file is empty."))
    embed_everything(index)
    index.close()
    for derived in ("vectors.faiss", "library.lock"):
        (folder / derived).unlink(missing_ok=True)


if __name__ == "__main__":
    target = FIXTURES / f"schema_{LIBRARY.version}"
    shutil.rmtree(target, ignore_errors=True)
    write_fixture(target)
