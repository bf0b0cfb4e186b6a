"""The documents view: what a person does there, and what it says of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.documents.feature import DocumentsFeature
from app.documents.indexing_model import FolderStatus
from app.kit.confirm import ConfirmDialog
from app.kit.source_target import SourceTarget
from rag_core.host.events import DocumentsListed
from rag_core.host.jobs import ListDocuments, LoadLibrarySettings, RemovePaths
from rag_core.library.records import Folder, LibrarySettings
from rag_core.types import Document
from tests.app.documents.test_documents_model import document, settle
from tests.app.fakes_engine import FakeEngine


class Desk:
    """The view with its controllers, wired as the application wires them."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.engine = FakeEngine({LoadLibrarySettings: LibrarySettings()})
        self.feature = DocumentsFeature(self.engine)
        self.indexing, self.documents, self.view = self.feature.indexing, self.feature.documents, self.feature.page
        self.feature.setParent(self.view)  # the model must not go before the table that shows it
        qtbot.addWidget(self.feature.bar)
        qtbot.addWidget(self.view)
        self.view.resize(900, 600)
        self.view.show()
        self.feature.set_library("work")

    def list(self, *documents: Document) -> None:
        self.engine.send(ListDocuments, DocumentsListed(documents))
        self.engine.finish(ListDocuments, len(documents))
        settle(self.qtbot, self.documents.model)

    def choose(self, row: int) -> None:
        self.view.table.selectRow(row)

    def shutdown(self) -> None:
        self.feature.shutdown()


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    made.shutdown()


def test_enter_opens_the_document(desk: Desk) -> None:
    desk.list(document("/a/one.pdf"), document("/a/two.pdf", "failed", reason="Damaged."))
    desk.choose(0)
    with desk.qtbot.waitSignal(desk.view.document_opened) as opened:
        QTest.keyClick(desk.view.table, Qt.Key.Key_Return)
    assert opened.args == [
        SourceTarget("work", "id of /a/one.pdf", "/a/one.pdf", "one.pdf", 1, 0, 0, media_type="application/pdf")
    ]
    desk.choose(1)
    with desk.qtbot.assertNotEmitted(desk.view.document_opened):
        QTest.keyClick(desk.view.table, Qt.Key.Key_Return)


def test_a_failed_document_says_why_and_can_be_tried_again(desk: Desk) -> None:
    desk.list(document("/a/bad.pdf", "failed", reason="It is protected by a password."))
    desk.choose(0)
    assert desk.view.detail.isVisible() and "password" in desk.view.detail.reason.text()
    with desk.qtbot.waitSignal(desk.view.retry_requested) as asked:
        QTest.mouseClick(desk.view.detail.again, Qt.MouseButton.LeftButton)
    assert asked.args == [["/a/bad.pdf"]]


def test_delete_asks_first_and_says_that_the_files_stay(desk: Desk) -> None:
    desk.list(document("/a/one.pdf"), document("/a/two.pdf"))
    desk.view.table.selectAll()
    QTest.keyClick(desk.view.table, Qt.Key.Key_Delete)
    dialog = desk.view.findChild(ConfirmDialog)
    assert dialog is not None and not desk.engine.running(RemovePaths)
    assert "2 documents" in dialog.accessibleDescription() and "stay where they are" in dialog.accessibleDescription()
    dialog.action_button.click()
    _, job = desk.engine.last(RemovePaths)
    assert job.paths == (Path("/a/one.pdf"), Path("/a/two.pdf"))
    desk.engine.finish(RemovePaths, ("/a/one.pdf", "/a/two.pdf"))
    settle(desk.qtbot, desk.documents.model)
    assert desk.documents.model.total == 0


def test_removing_from_a_synced_folder_says_that_it_stays_out(desk: Desk) -> None:
    desk.engine.answers[LoadLibrarySettings] = LibrarySettings(folders=(Folder(Path("/a")),))
    desk.indexing.set_library("work")
    desk.list(document("/a/one.pdf"))
    desk.choose(0)
    QTest.keyClick(desk.view.table, Qt.Key.Key_Delete)
    dialog = desk.view.findChild(ConfirmDialog)
    assert dialog is not None and "stays out of this library" in dialog.accessibleDescription()
    dialog.action_button.click()
    assert desk.engine.last(RemovePaths)[1].paths == (Path("/a/one.pdf"),)
    assert [folder.in_sync for folder in desk.indexing.folders.model.folders] == [True]


def test_an_empty_library_invites_and_one_without_matches_says_so(desk: Desk) -> None:
    desk.list()
    assert desk.view.empty.isVisible() and not desk.view.filter.isVisible()
    desk.view.set_library("other")
    desk.documents.set_library("other")
    desk.list(document("/a/one.pdf"))
    assert desk.view.table.isVisible()
    desk.view.filter.setText("zzz")
    desk.qtbot.waitUntil(desk.view.nothing.isVisible)
    desk.view.filter.clear()
    desk.qtbot.waitUntil(desk.view.table.isVisible)


def test_the_place_is_kept_while_documents_arrive_above(desk: Desk) -> None:
    desk.list(*(document(f"/a/m{number:04}.pdf") for number in range(500)))
    table = desk.view.table
    bar = table.verticalScrollBar()
    desk.qtbot.waitUntil(lambda: bar.maximum() > 48 * 201)  # laid out
    bar.setValue(48 * 200 + 10)
    top = table.indexAt(table.viewport().rect().topLeft()).data()
    desk.documents.receive("work", DocumentsListed(tuple(document(f"/a/a{number:04}.pdf") for number in range(300))))
    desk.qtbot.waitUntil(lambda: desk.documents.model.rowCount() == 800)
    desk.qtbot.waitUntil(lambda: table.indexAt(table.viewport().rect().topLeft()).data() == top)


def test_a_large_selection_survives_sorting_and_arrivals(desk: Desk) -> None:
    desk.list(*(document(f"/a/m{number:04}.pdf", size_bytes=number % 7) for number in range(1200)))
    desk.view.table.selectAll()
    chosen = {row.path for row in desk.view.table.chosen_rows()}
    desk.documents.receive("work", DocumentsListed((document("/a/a.pdf"), document("/a/m0600b.pdf"))))
    desk.view.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    desk.qtbot.waitUntil(lambda: desk.documents.model.rowCount() == 1202)
    settle(desk.qtbot, desk.documents.model)
    assert {row.path for row in desk.view.table.chosen_rows()} == chosen
    desk.documents.model.remove_paths(sorted(chosen)[:100])
    settle(desk.qtbot, desk.documents.model)
    assert len(desk.view.table.chosen_rows()) == 1100


def test_folders_show_counts_and_what_is_away(desk: Desk) -> None:
    desk.indexing.folders.model.show(
        (FolderStatus(Path("/a"), True, 2), FolderStatus(Path("/mnt/share"), True, 1, "away"))
    )
    first, second = desk.view.folders.rows
    assert (first.facts.whole_text, first.in_sync.isChecked()) == ("2 documents", True)
    assert "Cannot be reached" in second.facts.whole_text
    with desk.qtbot.waitSignal(desk.view.folders.sync_changed) as changed:
        first.in_sync.click()
    assert changed.args == [Path("/a"), False]
