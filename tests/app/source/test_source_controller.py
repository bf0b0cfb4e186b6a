"""Which pages, pictures and matches are fetched, and what happens to those that come too late."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.kit import open_file
from app.kit.notices import Notice
from app.source.source_controller import SourceController
from app.source.source_model import DrawnPage, PageWish
from rag_core.host.events import Failed
from rag_core.host.jobs import FindInDocument, ListPages, LoadPage, RenderPage
from rag_core.messages import literal
from rag_core.types import Page, TextMatch
from tests.app.fakes_engine import FakeEngine
from tests.app.source.source_material import drawn_page, infos, picture, target


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def source(engine: FakeEngine) -> SourceController:
    return SourceController(engine)


def opened(engine: FakeEngine, source: SourceController, pages: int = 3) -> None:
    source.show([target(start=0, end=20, quote_start=7, quote_end=12)], 0)
    engine.finish(ListPages, infos(pages))
    engine.finish(LoadPage, drawn_page(1))


def test_the_page_of_the_target_is_fetched_and_revealed(engine: FakeEngine, source: SourceController) -> None:
    revealed: list[object] = []
    source.model.reveal_requested.connect(revealed.append)
    opened(engine, source)
    assert revealed == [TextMatch(1, 7, 12)]
    assert source.model.kind == "pages"
    assert source.model.quote_text() == drawn_page().text[7:12]


def test_what_arrives_for_an_earlier_document_is_dropped(engine: FakeEngine, source: SourceController) -> None:
    source.show([target("/papers/first.txt")], 0)
    late, _ = engine.last(LoadPage)
    source.show([target("/papers/second.txt")], 0)
    late.finished.emit(Page(1, "the first document"))
    engine.finish(LoadPage, Page(1, "the second document"))
    page = source.model.page(1)
    assert page is not None and page.text == "the second document"


def test_going_to_another_citation_of_the_same_document_lists_nothing_again(
    engine: FakeEngine, source: SourceController
) -> None:
    source.show([target(page=1), target(page=3), target("/papers/other.pdf")], 0)
    engine.finish(ListPages, infos(3))
    source.show_next_target()
    assert source.model.number == 3
    assert len([job for job in engine.started if isinstance(job.job, ListPages)]) == 1
    source.show_next_target()
    assert len([job for job in engine.started if isinstance(job.job, ListPages)]) == 2
    source.show_next_target()
    assert source.model.index == 0  # round and round


def test_two_pictures_are_drawn_at_once_and_then_the_latest_wish(engine: FakeEngine, source: SourceController) -> None:
    opened(engine, source, pages=9)
    source.want_pictures([PageWish(number, 1.0) for number in (1, 2, 3, 4)])
    assert [job.job.number for job in engine.running(RenderPage) if isinstance(job.job, RenderPage)] == [1, 2]
    source.want_pictures([PageWish(8, 1.0)])
    first = engine.running(RenderPage)[0]
    first.finished.emit(picture(1))
    _, latest = engine.last(RenderPage)
    assert latest.number == 8


def test_a_picture_arrives_with_the_scale_it_was_asked_for(engine: FakeEngine, source: SourceController) -> None:
    arrived: list[object] = []
    source.model.page_drawn.connect(arrived.append)
    opened(engine, source)
    source.want_pictures([PageWish(1, 1.5)])
    engine.finish(RenderPage, picture(1))
    assert arrived == [DrawnPage(picture(1), 1.5)]


def test_without_any_picture_the_stored_text_is_shown_and_why(engine: FakeEngine, source: SourceController) -> None:
    opened(engine, source)
    source.want_pictures([PageWish(1, 1.0)])
    engine.fail(RenderPage, "The file is gone.", "")
    assert source.model.kind == "text"
    assert source.model.problem == "The file is gone. This is the stored text."


def test_one_page_that_cannot_be_drawn_says_so_in_its_own_place(engine: FakeEngine, source: SourceController) -> None:
    refused: list[tuple[int, str]] = []
    source.model.page_refused.connect(lambda number, reason: refused.append((number, reason)))
    opened(engine, source)
    source.want_pictures([PageWish(1, 1.0)])
    engine.finish(RenderPage, picture(1))
    source.want_pictures([PageWish(2, 1.0)])
    engine.fail(RenderPage, "The page is damaged.", "")
    assert refused == [(2, "The page is damaged.")]
    assert source.model.kind == "pages"
    source.want_pictures([PageWish(2, 1.0)])
    assert not engine.running(RenderPage)  # it is not tried again and again


def test_the_list_of_pages_failing_leaves_the_text_of_the_page(engine: FakeEngine, source: SourceController) -> None:
    source.show([target("/papers/a.pdf")], 0)
    engine.finish(LoadPage, drawn_page(1))
    engine.fail(ListPages)
    assert source.model.kind == "text" and not source.model.failed


def test_nothing_to_show_says_why(engine: FakeEngine, source: SourceController) -> None:
    source.show([target("/papers/a.txt")], 0)
    engine.fail(LoadPage, "It is not in the library any more.", "Add it again.")
    assert source.model.failed == "It is not in the library any more. Add it again."


def test_finding_starts_at_the_page_in_view_and_goes_round(engine: FakeEngine, source: SourceController) -> None:
    opened(engine, source)
    source.note_page(2)
    source.find("period")
    matches = (TextMatch(1, 0, 6), TextMatch(2, 5, 11), TextMatch(3, 0, 6))
    engine.finish(FindInDocument, matches)
    assert source.model.match == matches[1]
    source.find_next()
    source.find_next()
    assert source.model.match == matches[0] and source.model.number == 1
    source.find_previous()
    assert source.model.match == matches[2]


def test_a_new_search_stops_the_one_before(engine: FakeEngine, source: SourceController) -> None:
    opened(engine, source)
    source.find("per")
    first, _ = engine.last(FindInDocument)
    source.find("period")
    assert not first.is_running
    source.find("")
    assert not engine.running(FindInDocument) and source.model.matches == ()


def test_a_page_number_outside_the_document_goes_to_its_end(engine: FakeEngine, source: SourceController) -> None:
    opened(engine, source)
    source.turn_to(99)
    assert source.model.number == 3
    source.turn_to(0)
    assert source.model.number == 1


def test_when_the_engine_comes_back_the_document_does_too(engine: FakeEngine, source: SourceController) -> None:
    source.show([target("/papers/a.txt")], 0)
    engine.send(LoadPage, Failed("engine_lost", literal("The engine stopped.")))
    engine.engine_ready.emit()
    engine.finish(LoadPage, Page(1, "here again"))
    page = source.model.page(1)
    assert page is not None and page.text == "here again" and not source.model.failed


def test_closing_stops_the_work_and_forgets_the_document(
    engine: FakeEngine, source: SourceController, qtbot: QtBot
) -> None:
    source.show([target()], 0)
    with qtbot.waitSignal(source.closed):
        source.close()
    assert not [job for job in engine.started if job.is_running]
    assert source.model.target is None


def test_opening_a_file_that_is_gone_says_so(source: SourceController, qtbot: QtBot, tmp_path: Path) -> None:
    source.show([target(str(tmp_path / "gone.pdf"))], 0)
    with qtbot.waitSignal(source.noticed) as told:
        source.open_file()
    assert told.args is not None and isinstance(told.args[0], Notice) and "gone.pdf" in told.args[0].text


def test_opening_a_file_hands_it_to_the_system(
    source: SourceController, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[Path] = []
    monkeypatch.setattr(open_file, "launch", lambda path: not launched.append(path))  # type: ignore[func-returns-value]
    path = tmp_path / "a # 100%.pdf"
    path.write_bytes(b"")
    source.show([target(str(path))], 0)
    source.open_file()
    qtbot.waitUntil(lambda: launched == [path])
