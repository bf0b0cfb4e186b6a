"""The calibration recipe asks what it says it asks, and its fit keeps its promises. No packs, no question sets."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from models.training.json_lines import write_lines
from models.training.relevance.calibrate import MIXTURE, probabilities_of_unseen, summary, tabulate, weights
from models.training.relevance.fit import fit
from models.training.relevance.libraries import draw
from models.training.relevance.measuring import Example, read_examples
from models.training.relevance.sources import Asked, Domain, Kind, Source, together
from rag_core.answer.relevance import Evidence


def source(name: str, pages: int, separable: bool = True) -> Source:
    texts = [f"{name} page {page}" for page in range(pages)]
    asked = [Asked(f"{name} {page}?", page) for page in range(pages)]
    return Source(name, separable, texts, [*asked, Asked(f"{name} trap?", 0, answerable=False)])


def domain(count: int, separable: bool = True, far: bool = True) -> Domain:
    sources = tuple(source(f"d{number}", 12, separable) for number in range(count))
    return Domain("made-up", "", "en", sources, far)


@pytest.mark.parametrize("seed", range(5))
def test_each_kind_of_question_is_what_its_name_says(seed: int) -> None:
    plan = draw(domain(8), 40, 30, [], random.Random(seed))
    stored = {text for _, pages in plan.documents for text in pages}
    documents = {title for title, _ in plan.documents}
    assert {kind for _, kind in plan.questions} >= {"answerable", "near", "far"}
    for question, kind in plan.questions:
        name, page = question.rstrip("?").split()
        if kind == "answerable":
            assert f"{name} page {page}" in stored
        if kind == "near":
            assert name in documents
            assert f"{name} page {page}" not in stored
        if kind == "far":
            assert name not in documents
        assert (kind == "trap") == (page == "trap")


def test_a_domain_whose_documents_answer_each_others_questions_borrows_its_strangers() -> None:
    plan = draw(domain(8, separable=False, far=False), 40, 10, ["Who is the king of Sweden?"], random.Random(0))
    kinds = [kind for _, kind in plan.questions]
    assert "near" not in kinds
    assert [question for question, kind in plan.questions if kind == "far"] == ["Who is the king of Sweden?"]


def test_a_mixed_library_keeps_what_may_be_taken_out_of_which_document() -> None:
    mixed = together("mixed", [domain(2, separable=True), domain(2, separable=False)])
    plan = draw(mixed, 10**6, 500, ["stranger?"], random.Random(0))
    assert len(plan.documents) == 4
    assert sorted(len(pages) for _, pages in plan.documents) == [9, 9, 12, 12]


def test_the_fit_finds_the_numbers_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    features = rng.random((20_000, 2))
    labels = rng.random(20_000) < 1 / (1 + np.exp(-(features @ np.array([3.0, 1.0]) - 2.0)))
    found = fit(features, labels, np.ones(20_000))
    assert found.weights == pytest.approx([3.0, 1.0], abs=0.2)
    assert found.intercept == pytest.approx(-2.0, abs=0.15)


def test_a_feature_that_would_count_against_an_answer_gets_no_weight() -> None:
    rng = np.random.default_rng(1)
    features = rng.random((5_000, 2))
    labels = rng.random(5_000) < 1 / (1 + np.exp(-(features @ np.array([2.0, -3.0]))))
    found = fit(features, labels, np.ones(5_000))
    assert found.weights[1] == 0.0
    assert found.weights[0] > 1.0


def example(name: str, kind: Kind, coverage: float) -> Example:
    return Example(
        name, kind, "How long is annual leave?", 100, (Evidence(coverage, coverage, "Annual leave is long."),)
    )


def examples() -> list[Example]:
    rng = random.Random(2)
    ends: list[tuple[Kind, float]] = [("answerable", 0.7), ("far", 0.1), ("near", 0.4)]
    return [
        example(name, kind, centre + rng.uniform(-0.1, 0.1))
        for name in ("a", "b", "c")
        for kind, centre in ends
        for _ in range(20)
    ]


def test_domains_count_the_same_and_kinds_as_in_the_mixture() -> None:
    found = [*examples(), *[example("a", "far", 0.1)] * 500]
    table = tabulate(found, "lexical", "")
    given = weights(table)
    for name in ("a", "b", "c"):
        assert given[table.domain == name].sum() == pytest.approx(1.0)
        answerable = given[(table.domain == name) & (table.kind == "answerable")].sum()
        assert answerable == pytest.approx(MIXTURE["answerable"])


def test_a_domain_is_judged_without_itself_and_without_the_mixture_that_holds_it() -> None:
    honest = tabulate(examples(), "lexical", "")
    before = probabilities_of_unseen(honest, {})
    # Domain c says the opposite of the others: it must not change what is thought of c itself.
    turned = [
        example(e.domain, "answerable" if e.kind == "far" else "far", e.evidence[0].coverage) if e.domain == "c" else e
        for e in examples()
    ]
    after = probabilities_of_unseen(tabulate(turned, "lexical", ""), {})
    assert after[honest.domain == "c"] == pytest.approx(before[honest.domain == "c"])
    assert after[honest.domain == "a"] != pytest.approx(before[honest.domain == "a"])
    apart = probabilities_of_unseen(honest, {"b": ("a",)})
    assert apart[honest.domain == "a"] != pytest.approx(before[honest.domain == "a"])


def test_the_summary_of_a_perfect_judge() -> None:
    table = tabulate(examples(), "lexical", "")
    perfect = summary(table, np.where(table.answerable, 1.0, 0.0))
    assert perfect["auroc"] == pytest.approx(1.0)
    assert perfect["refused_answerable"] == 0.0
    assert perfect["not_found_precision"] == pytest.approx(1.0)
    assert perfect["not_found_recall"] == 1.0
    assert perfect["calibration_error"] == 0.0


def test_examples_come_back_as_they_were_written(tmp_path: Path) -> None:
    kept = [example("a", "answerable", 0.5), Example("b", "trap", "寒い？", 9, (Evidence(None, 0.0, "雪"),))]
    write_lines(kept, tmp_path / "examples.jsonl.gz")
    assert list(read_examples(tmp_path / "examples.jsonl.gz")) == kept
