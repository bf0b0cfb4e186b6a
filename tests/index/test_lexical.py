"""Keyword search: every script is found, nothing in a question is syntax, rarity decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_core.index import lexical
from rag_core.index.store import Store
from rag_core.types import Filters
from tests.index.builders import add

TEXTS = [
    "The fire alarm is tested on the first Monday.",  # 1
    "Travelling by train is refunded; flights need approval.",  # 2
    "東京都の図書館は月曜日に休館します。",  # 3
    "京都の寺は朝六時に開きます。",  # 4
    "黒い猫が庭で寝ている。",  # 5
    "图书馆的开放时间是上午九点。",  # 6
    "연차 휴가는 입사일부터 계산합니다.",  # 7
    "ห้องสมุดเปิดเวลาเก้าโมง",  # 8
    "Das Café in der Hauptstraße öffnet früh.",  # 9
    "ＡＢＣ－１２３のｶﾒﾗを注文した。",  # 10
    "Form AB-1234 is due in March.",  # 11
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("library")) as opened:
        for number, text in enumerate(TEXTS, start=1):
            add(opened, f"/texts/{number}.txt", [text])
        yield opened


@pytest.mark.parametrize(
    ("question", "chunk"),
    [
        ("When do they test fire alarms?", 1),
        ("Are trains refundable? refund travel", 2),
        ("東京都の図書館はいつ休みですか", 3),
        ("京都の寺", 4),
        ("猫", 5),
        ("庭", 5),
        ("图书馆几点开放?", 6),
        ("휴가", 7),
        ("ห้องสมุด", 8),
        ("CAFE HAUPTSTRASSE", 9),
        ("カメラ", 10),
        ("abc", 10),
        ("AB-1234", 11),
    ],
)
def test_the_right_text_comes_first(store: Store, question: str, chunk: int) -> None:
    assert store.search_lexical(question, 3)[0][0] == chunk


def test_kyoto_does_not_begin_in_tokyo_to(store: Store) -> None:
    """東京都 holds the pair 京都 but 京都の寺 is about the city: the better match comes first, both are found."""
    assert [chunk for chunk, _ in store.search_lexical("京都の寺", 5)][:2] == [4, 3]


@pytest.mark.parametrize(
    "question",
    [
        "",
        "   ",
        "?!",
        '"',
        "NEAR(",
        "fire AND",
        "NOT fire",
        "heading:fire",
        "fi*",
        "^a",
        "a OR OR",
        "-fire",
        "\x00",
        "の",
    ],
)
def test_query_syntax_in_a_question_is_only_text(store: Store, question: str) -> None:
    store.search_lexical(question, 3)
    store.term_coverage(question, [1, 2])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=60))
def test_any_question_is_answered_or_answered_with_nothing(store: Store, question: str) -> None:
    assert all(chunk <= len(TEXTS) for chunk, _ in store.search_lexical(question, 3))


def test_a_question_of_common_words_only_still_finds_them(store: Store) -> None:
    assert store.search_lexical("the", 3)


def test_scores_fall_and_are_positive(store: Store) -> None:
    scores = [score for _, score in store.search_lexical("fire alarm monday refunded train", 5)]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_a_title_counts_for_its_chunks(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        add(store, "/a.txt", ["It is tested on Mondays."], title="Sprinklers")
        add(store, "/b.txt", ["It is tested on Fridays."], title="Lifts")
        assert [chunk for chunk, _ in store.search_lexical("sprinklers", 5)] == [1]


def test_coverage_is_the_weighted_share_of_content_words(store: Store) -> None:
    coverage = store.term_coverage("Is the fire alarm blue?", [1, 2])
    assert 0.5 < coverage[1] < 1.0
    assert coverage[2] == 0.0
    assert store.term_coverage("fire alarms", [1])[1] == pytest.approx(1.0)
    assert store.term_coverage("", [1]) == {1: 0.0}


def test_common_words_do_not_hide_rare_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "POSTINGS_BUDGET", 20)
    with Store.open(tmp_path) as store:
        add(store, "/a.txt", [f"Meeting number {n}." for n in range(60)] + ["Meeting about giraffes."])
        assert [chunk for chunk, _ in store.search_lexical("meeting giraffes", 5)] == [61]
        assert len(store.search_lexical("meeting", 5)) == 5


def test_filters_narrow_keyword_search(store: Store) -> None:
    allowed = store.scope(Filters(folder="/texts/9.txt"))
    assert [chunk for chunk, _ in store.search_lexical("fire café train", 5, allowed)] == [9]
    assert store.search_lexical("fire", 5, np.array([], dtype=np.int64)) == []


@pytest.mark.parametrize("allowed", [range(1, 400), range(390, 400), range(300, 302), [398]])
def test_filters_find_what_is_allowed_however_far_down_it_stands(tmp_path: Path, allowed: Sequence[int]) -> None:
    with Store.open(tmp_path) as store:
        add(store, "/a.txt", [f"Zebra {'filler ' * n}number {n}." for n in range(400)])  # ever longer, ever worse
        found = [chunk for chunk, _ in store.search_lexical("zebra", 3, np.array(allowed, dtype=np.int64))]
    assert found == list(allowed)[:3]


def test_a_change_in_tokenisation_rebuilds_the_keyword_index(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        add(store, "/a.txt", ["Alpha zebra."])
        store.set_meta("tokens_version", "0")
        store.connection.execute("INSERT INTO lexical(lexical) VALUES ('delete-all')")
    with Store.open(tmp_path) as store:
        assert [chunk for chunk, _ in store.search_lexical("zebra", 5)] == [1]
        assert store.problems(thorough=True) == []
