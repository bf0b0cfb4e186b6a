"""The documents table's model: order, filter, live states, and what stays chosen."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.documents.document_rows import DocumentRow
from app.documents.documents_model import DocumentsModel, summary
from rag_core.host.events import DocumentsListed
from rag_core.messages import literal
from rag_core.types import Document, DocumentsSearchable, DocumentState, FileReading, FilesQueued


def document(
    path: str,
    state: DocumentState = "searchable",
    reason: str = "",
    size_bytes: int = 10,
    modified_ns: int = 1,
    pages: int = 1,
) -> Document:
    document_id = "" if state == "failed" else f"id of {path}"
    return Document(document_id, path, "application/pdf", "", size_bytes, modified_ns, pages, 1, state, literal(reason))


@pytest.fixture
def model(qtbot: QtBot) -> Iterator[DocumentsModel]:
    made = DocumentsModel()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    yield made
    made.clear()


def fill(qtbot: QtBot, model: DocumentsModel, *documents: Document) -> None:
    model.begin_listing()
    model.receive(DocumentsListed(documents))
    model.end_listing()
    settle(qtbot, model)


def settle(qtbot: QtBot, model: DocumentsModel) -> None:
    qtbot.waitUntil(lambda: model.is_settled)


def names(model: DocumentsModel) -> list[str]:
    return [row.name for row in rows(model)]


def rows(model: DocumentsModel) -> list[DocumentRow]:
    found = [model.row_at(position) for position in range(model.rowCount())]
    return [row for row in found if row is not None]


def test_names_are_ordered_as_people_count(qtbot: QtBot, model: DocumentsModel) -> None:
    fill(qtbot, model, document("/a/contract 10.pdf"), document("/a/Contract 2.pdf"), document("/a/Ａgenda.pdf"))
    assert names(model) == ["Ａgenda.pdf", "Contract 2.pdf", "contract 10.pdf"]


@pytest.mark.parametrize(
    ("column", "key"),
    [(2, lambda row: row.size_bytes), (3, lambda row: row.pages), (4, lambda row: row.modified_ns)],
)
def test_sorting_by_numbers_both_ways(
    qtbot: QtBot, model: DocumentsModel, column: int, key: Callable[[DocumentRow], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.documents.document_rows._PIECE", 200)  # so that many are sorted piece by piece
    source = random.Random(3)
    facts = [
        {name: source.randrange(50) for name in ("size_bytes", "pages", "modified_ns")} for _ in range(900)
    ]  # more than a piece of the sorting
    fill(qtbot, model, *(document(f"/a/{number}.pdf", "searchable", "", **found) for number, found in enumerate(facts)))
    for order, reverse in ((Qt.SortOrder.AscendingOrder, False), (Qt.SortOrder.DescendingOrder, True)):
        model.sort(column, order)
        settle(qtbot, model)
        by_name = sorted(rows(model), key=lambda row: row.name_key)
        assert rows(model) == sorted(by_name, key=key, reverse=reverse)


def test_filter_looks_in_name_folder_and_state_words(qtbot: QtBot, model: DocumentsModel) -> None:
    fill(
        qtbot,
        model,
        document("/work/Legal/contract.pdf"),
        document("/work/Finance/contract.pdf", "failed", reason="It has a password."),
        document("/work/人事/ﾃﾞｰﾀ.pdf"),
    )
    for text, expected in (("legal contract", 1), ("contract could", 1), ("データ", 1), ("nothing", 0), ("", 3)):
        model.set_filter(text)
        settle(qtbot, model)
        assert model.rowCount() == expected, text
    model.set_state_filter("failed")
    settle(qtbot, model)
    assert [row.folder for row in rows(model)] == ["/work/Finance"]
    assert summary(model) == "1 of 3 documents"


def test_a_file_is_followed_from_queued_to_searchable(qtbot: QtBot, model: DocumentsModel) -> None:
    fill(qtbot, model)
    steps = (
        (FilesQueued(("/a/x.pdf",)), "queued"),
        (FileReading("/a/x.pdf"), "reading"),
        (document("/a/x.pdf", "keyword_searchable"), "keyword_searchable"),
        (DocumentsSearchable(("id of /a/x.pdf",)), "searchable"),
    )
    for payload, state in steps:
        model.receive(payload)
        settle(qtbot, model)
        assert [row.state for row in rows(model)] == [state]
    assert (model.count("searchable"), model.count("in_work"), model.total) == (1, 0, 1)


def test_what_is_chosen_stays_chosen_while_rows_arrive_and_leave(qtbot: QtBot, model: DocumentsModel) -> None:
    fill(qtbot, model, *(document(f"/a/m{number}.pdf") for number in range(300)))
    held = [QPersistentModelIndex(model.index(position, 0)) for position in (0, 150, 299)]
    chosen = [names(model)[position] for position in (0, 150, 299)]
    model.receive(FilesQueued(tuple(f"/a/{letter}{number}.pdf" for letter in "az" for number in range(200))))
    settle(qtbot, model)
    model.sort(0, Qt.SortOrder.DescendingOrder)
    model.remove_paths([f"/a/m{number}.pdf" for number in range(10, 100)])
    settle(qtbot, model)
    assert model.rowCount() == 610
    assert [index.data() for index in held] == chosen


def test_stopping_puts_files_back_to_what_they_were(qtbot: QtBot, model: DocumentsModel) -> None:
    fill(qtbot, model, document("/a/known.pdf"), document("/a/bad.pdf", "failed", reason="Damaged."))
    model.receive(FilesQueued(("/a/known.pdf", "/a/bad.pdf", "/a/new.pdf")))
    model.receive(FileReading("/a/known.pdf"))
    settle(qtbot, model)
    assert model.count("in_work") == 3
    model.drop_unfinished()
    settle(qtbot, model)
    assert [(row.name, row.state) for row in rows(model)] == [("bad.pdf", "failed"), ("known.pdf", "searchable")]
    assert model.count("in_work") == 0


def test_listing_again_takes_out_what_is_gone(qtbot: QtBot, model: DocumentsModel) -> None:
    fill(qtbot, model, document("/a/one.pdf"), document("/a/two.pdf"))
    model.receive(FilesQueued(("/a/new.pdf",)))
    fill(qtbot, model, document("/a/two.pdf", pages=7))
    assert [(row.name, row.pages, row.state) for row in rows(model)] == [
        ("new.pdf", 0, "queued"),
        ("two.pdf", 7, "searchable"),
    ]


def test_same_bytes_in_two_places_become_searchable_together(qtbot: QtBot, model: DocumentsModel) -> None:
    twin = document("/a/one.pdf", "keyword_searchable")
    other = Document(twin.document_id, "/b/two.pdf", "application/pdf", "", 10, 1, 1, 1, "keyword_searchable")
    fill(qtbot, model, twin, other)
    model.receive(DocumentsSearchable((twin.document_id,)))
    settle(qtbot, model)
    assert {row.state for row in rows(model)} == {"searchable"}


def test_a_screen_reader_hears_the_whole_row(qtbot: QtBot, model: DocumentsModel) -> None:
    fill(qtbot, model, document("/a/contract.pdf", pages=12), document("/a/x.pdf", "failed", reason="It is damaged."))
    spoken = [model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(2)]
    assert spoken == ["contract.pdf, Searchable, 12 pages", "x.pdf, Could not be read, It is damaged., 1 page"]
