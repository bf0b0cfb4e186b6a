"""A question with a reader: order, quote, prompt, checks, and what is said where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag_core.cli.contract import answer_contract, search_contract
from rag_core.engine import Engine
from rag_core.errors import Cancelled, DeviceFailed
from rag_core.paths import DataDir
from rag_core.progress import CancelToken, run_to_end
from rag_core.settings import Settings
from rag_core.stages import EMBED, GENERATE, READ
from rag_core.types import ChatMessage, Quote, TextStreamed
from tests.fakes_generator import FakeGenerator
from tests.fakes_models import ENGLISH_ONLY, FakeModels
from tests.fakes_reader import FakeReader

LEAVE = "# Leave\n\nEvery member of staff has 25 days of annual leave. Leave that is left over lapses on 31 March.\n"
ROOMS = "# Rooms\n\nThe Oak Room seats 12 people. It is booked at reception. The Elm Room is upstairs.\n"
SEATS = "How many people does the Oak Room seat?"


@pytest.fixture
def models() -> FakeModels:
    return FakeModels(reader=FakeReader())


@pytest.fixture
def engine(tmp_path: Path, models: FakeModels) -> Iterator[Engine]:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "leave.md").write_text(LEAVE)
    (folder / "rooms.md").write_text(ROOMS)
    (folder / "rules.txt").write_text("年次有給休暇は年20日とする。避難場所は横浜公園とする。")
    with Engine(DataDir(tmp_path / "data"), settings=Settings(relevance_threshold=0.0), models=models) as engine:
        run_to_end(engine.add([folder]))
        yield engine


def reader_of(models: FakeModels) -> FakeReader:
    reader: FakeReader = models[READ].fake
    return reader


def test_passages_say_what_the_reader_thinks_of_them(engine: Engine, models: FakeModels) -> None:
    result = engine.search(SEATS)
    first = result.passages[0]
    page = engine.page(first.document_id, first.page).text
    assert first.rerank_score == 1.0 and first.answer_probability == 1.0
    assert page[first.answer_start : first.answer_end] == "12"
    assert result.counts["reranked"] == len(result.passages) - 1  # the Japanese one is left unread
    assert "rerank" in result.timings_ms
    (_, texts), *_ = reader_of(models).asked
    assert texts[0] == ("Rooms", ROOMS[2:].strip())  # beneath its subject, likeliest first


def test_the_quote_has_the_answer_marked_before_any_word_is_generated(engine: Engine) -> None:
    events = list(engine.ask(SEATS))
    quote = next(event for event in events if isinstance(event, Quote))
    assert (quote.text, quote.answer_text, quote.confidence) == ("The Oak Room seats 12 people.", "12", 1.0)
    assert events.index(quote) < next(i for i, e in enumerate(events) if isinstance(e, TextStreamed))


def test_every_sentence_is_checked(tmp_path: Path, engine: Engine, models: FakeModels) -> None:
    models[GENERATE].fake = FakeGenerator(reply=lambda _: "The Oak Room has 12 seats. It seats 99 people.")
    answer = engine.answer(SEATS)
    assert [answer.text[check.start : check.end] for check in answer.checks] == [
        "The Oak Room has 12 seats.",
        "It seats 99 people.",
    ]
    assert [(check.supported, check.by) for check in answer.checks] == [(True, "reader"), (False, "words")]
    assert [answer.text[start:end] for start, end in answer.unsupported] == ["It seats 99 people."]
    assert answer.timings_ms["check"] >= 0


def test_an_answer_that_leaves_out_what_the_reader_is_sure_of_is_followed_by_the_document(
    engine: Engine, models: FakeModels
) -> None:
    models[GENERATE].fake = FakeGenerator(reply=lambda _: "It is booked at reception.")
    answer = engine.answer(SEATS)
    assert answer.citations[0].quote == "It is booked at reception."
    assert answer.text.endswith("The documents say: “The Oak Room seats 12 people.” [1]")


def test_a_language_that_the_reader_does_not_know_is_said(engine: Engine, models: FakeModels) -> None:
    result = engine.search("避難場所はどこですか。")
    assert result.passages and "The reader does not know the language" in str(result.notices[0])
    assert "rerank" not in result.timings_ms and not reader_of(models).asked
    models[EMBED].languages = models[GENERATE].languages = ENGLISH_ONLY
    (notice,) = engine.search("避難場所はどこですか。").notices
    assert notice.code == "language-by-words"
    answer = engine.answer("避難場所はどこですか。")
    assert not answer.checks and answer.quote is not None and answer.quote.answer_start is None


def test_in_a_follow_up_passages_are_judged_but_no_words_are_marked(engine: Engine) -> None:
    history = [ChatMessage("user", SEATS), ChatMessage("assistant", "12.")]
    (first, *_) = engine.search("And the Elm Room?", history=history).passages
    assert first.rerank_score is not None and first.answer_start is None
    answer = engine.answer("And the Elm Room?", history=history)
    assert answer.quote is not None and answer.quote.answer_start is None


def test_without_a_reader_and_with_one_that_is_not_wanted_everything_works(engine: Engine, models: FakeModels) -> None:
    plain = engine.answer(SEATS, read=False)
    assert not reader_of(models).asked and not reader_of(models).checked
    models[READ].give(None)
    answer = engine.answer(SEATS)
    assert (answer.text, answer.quote, answer.checks) == (plain.text, plain.quote, plain.checks)
    assert answer.quote is not None and answer.quote.confidence is None
    assert {check.by for check in answer.checks} == {"words"}


def test_an_answer_whose_checking_fails_at_the_readers_last_place_is_checked_by_words(
    engine: Engine, models: FakeModels
) -> None:
    class FailsAtOneSentence(FakeReader):
        def support(self, pairs: Sequence[tuple[str, str]], cancel: CancelToken | None = None) -> list[float]:
            if any("booked" in sentence for sentence, _ in pairs):
                raise DeviceFailed("The NPU hung.", "Have the devices tried again.")
            return super().support(pairs, cancel)

    reader = FailsAtOneSentence()
    models[READ].give(reader)
    models[GENERATE].fake = FakeGenerator(
        reply=lambda _: "The Oak Room has 12 seats. Reception is where it is booked. The Oak Room: 12 people it seats."
    )
    answer = engine.answer(SEATS)
    assert [(check.supported, check.by) for check in answer.checks] == [
        (True, "reader"),
        (True, "words"),
        (True, "words"),
    ]
    assert answer.reasons.keys() == {"rerank"} and str(answer.reasons["rerank"]).startswith("The NPU hung.")
    assert {sentence for sentence, _ in reader.checked} == {"The Oak Room has 12 seats."}


def test_reading_can_be_stopped(engine: Engine) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        list(engine.ask(SEATS, cancel=token))


def test_all_of_it_is_in_the_json(engine: Engine) -> None:
    answer = json.loads(json.dumps(answer_contract(engine.answer(SEATS))))
    assert {"answer_start", "answer_end", "confidence"} <= set(answer["quote"])
    assert {"start", "end", "supported", "by", "probability", "passage"} == set(answer["checks"][0])
    assert {"rerank_score", "answer_start", "answer_end", "answer_probability"} <= set(answer["passages"][0])
    assert answer["counts"]["reranked"] and {"rerank", "quote"} <= set(answer["timings_ms"])
    assert search_contract(engine.search(SEATS))["counts"] == {"reranked": answer["counts"]["reranked"]}
