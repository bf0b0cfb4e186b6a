"""Models are not asked in a language that their packs do not name, and the person is told once what is done without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_core.engine import Engine
from rag_core.messages import say
from rag_core.paths import DataDir
from rag_core.progress import run_to_end
from rag_core.settings import Settings
from rag_core.stages import EMBED, GENERATE, READ, STAGES
from rag_core.text import language
from rag_core.text.language import Languages, Script
from rag_core.types import ChatMessage, SearchResult
from tests.fakes_models import ENGLISH_ONLY, FakeModels
from tests.fakes_reader import FakeReader

GERMAN = "Die Kündigungsfrist beträgt drei Monate zum Quartalsende. Der Schlüssel zum Tresor liegt bei Frau Größl."
ASKED = "Wie lang ist die Kündigungsfrist?"
# Cherokee, a script that the program does not know.
TOY, TOY_ASKED = "ᎠᎹᏱ ᎤᏪᏯ. ᏔᎵ ᎢᏳᏩᎪᏗ ᎠᏎᎸᎢ.", "ᎢᏳᏩᎪᏗ ᎠᏎᎸᎢ?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "frist.txt").write_text(GERMAN, encoding="utf-8")
    (folder / "leave.txt").write_text("Every member of staff has 25 days of annual leave.", encoding="utf-8")
    (folder / "codes.txt").write_text("4711 | 0815", encoding="utf-8")
    return folder


def opened(folder: Path, models: FakeModels, threshold: float = 0.0) -> Engine:
    settings = Settings(relevance_threshold=threshold)
    engine = Engine(DataDir(folder.parent / "data"), settings=settings, models=models)
    run_to_end(engine.add([folder]))
    return engine


@pytest.fixture
def models() -> FakeModels:
    return FakeModels(languages=ENGLISH_ONLY, reader=FakeReader())


@pytest.fixture
def engine(folder: Path, models: FakeModels) -> Iterator[Engine]:
    with opened(folder, models) as engine:
        yield engine


def test_documents_are_listed_with_their_language(engine: Engine) -> None:
    languages = {Path(document.path).name: document.language for document in engine.documents()}
    assert languages == {"frist.txt": "de", "leave.txt": "en", "codes.txt": ""}


def test_a_german_question_is_not_given_to_english_models(engine: Engine, models: FakeModels) -> None:
    events = list(engine.ask(ASKED))
    answer = engine.answer(ASKED)
    assert models.generator.seen == [] and not answer.generated
    assert not models[READ].fake.asked
    assert all(passage.dense_score is None for passage in answer.passages)
    (found,) = [event for event in events if isinstance(event, SearchResult)]
    assert (*found.notices, *answer.notices) == (say("language-by-words-quoted", language="Deutsch"),)
    assert "Die Kündigungsfrist beträgt drei Monate zum Quartalsende." in answer.text


def test_a_sentence_in_a_language_that_no_model_writes_speaks_for_itself(engine: Engine, models: FakeModels) -> None:
    """The question is English, the answer is not."""
    answer = engine.answer("Where is the key to the Tresor?")
    assert not answer.generated and models.generator.seen == []
    assert answer.quote is not None and "Tresor" in answer.quote.text and answer.quote.text in answer.text
    assert answer.notices == (say("language-of-document-quoted", language="Deutsch"),)


def test_a_first_passage_that_nobody_read_is_judged_by_its_words(folder: Path, models: FakeModels) -> None:
    """What the reader says of the others says nothing of it."""
    with opened(folder, models, threshold=0.5) as engine:
        assert not engine.answer("Who is Frau Größl?").not_found


def test_a_follow_up_that_leaves_its_language_open_is_in_that_of_the_question_before(
    folder: Path, models: FakeModels
) -> None:
    history = [ChatMessage("user", ASKED), ChatMessage("assistant", "…")]
    for_most(folder)
    with opened(folder, models) as engine:
        assert engine.answer("Und der Tresor?", history=history).text.startswith("In den Dokumenten steht: ")


def for_most(folder: Path) -> None:
    """Most documents are English."""
    for name in ("rooms", "parking", "visitors"):
        text = f"The {name} of our house are described in the handbook for all members of staff."
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def test_characters_that_languages_share_are_those_of_the_documents(folder: Path, models: FakeModels) -> None:
    (folder / "休暇.txt").write_text("年次有給休暇は、入所後6か月を経過した日に12日を付与する。", encoding="utf-8")
    for_most(folder)
    with opened(folder, models) as engine:
        assert engine.answer("年次有給休暇").text.startswith("文書には次のようにあります。")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (ASKED, "In den Dokumenten steht: „Die Kündigungsfrist beträgt drei Monate zum Quartalsende.“ [1]"),
        ("每年有多少天年假？", "文档中写道：“员工每年享有十五天带薪年假。” [1]"),
        ("Какой срок уведомления?", "В документах сказано: «Срок уведомления составляет три месяца.» [1]"),
        ("Ποια είναι η προθεσμία;", "Η προθεσμία είναι τρεις μήνες. [1]"),
    ],
)
def test_the_program_speaks_the_language_of_the_question(
    folder: Path, models: FakeModels, question: str, answer: str
) -> None:
    for name, text in (
        ("zh", "员工每年享有十五天带薪年假。"),
        ("ru", "Срок уведомления составляет три месяца. Директор филиала — Алёна Ежова."),
        ("el", "Η προθεσμία είναι τρεις μήνες."),
    ):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    with opened(folder, models, Settings().relevance_threshold) as engine:
        assert engine.answer(question).text == answer


def test_what_each_model_lacks_is_told_in_one_notice(folder: Path, models: FakeModels) -> None:
    models[EMBED].languages = models[GENERATE].languages = Languages()
    with opened(folder, models) as engine:
        assert [notice.code for notice in engine.search(ASKED).notices] == ["language-unread"]
        assert engine.search(ASKED, read=False).notices == ()
        assert engine.search("How many days of leave?").notices == ()
        assert engine.answer(ASKED).generated


def test_a_reader_is_not_given_documents_that_it_does_not_know(engine: Engine, models: FakeModels) -> None:
    engine.search("Who has the Schlüssel zum Tresor of the house?")
    read = [text for _, texts in models[READ].fake.asked for _, text in texts]
    assert read and GERMAN not in read


def test_a_follow_up_that_is_open_is_in_the_language_of_what_it_leans_on(engine: Engine) -> None:
    history = [ChatMessage("user", ASKED), ChatMessage("assistant", "Drei Monate.")]
    (notice,) = engine.search("Tresor?", history=history).notices
    assert notice["language"] == "Deutsch"


def test_a_language_from_outside_is_used_from_end_to_end(
    folder: Path, models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        language, "SCRIPTS", [*language.SCRIPTS, Script("[\u13a0-\u13ff\uab70-\uabbf]+", {"chr": "ᏣᎳᎩ"})]
    )
    (folder / "toy.txt").write_text(TOY, encoding="utf-8")
    with opened(folder, models) as engine:
        assert "chr" in {document.language for document in engine.documents()}
        answer = engine.answer(TOY_ASKED)
        assert not answer.generated and answer.text == "ᏔᎵ ᎢᏳᏩᎪᏗ ᎠᏎᎸᎢ. [1]", "the program has no words of its own there"
        (notice,) = engine.search(TOY_ASKED).notices
        assert notice == say("language-by-words", language="ᏣᎳᎩ")
        for stage in STAGES:
            models[stage].languages = Languages.of({"languages": ["en", "chr"]})
        assert engine.search(TOY_ASKED).notices == () and engine.search(TOY_ASKED).counts["reranked"]
        assert engine.answer(TOY_ASKED).generated
