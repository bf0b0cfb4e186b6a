"""Calibration finds the numbers that made the data, and says how wrong probabilities are. No weights, no sets."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.reader.calibrating import (
    Outcomes,
    balanced,
    calibration_error,
    curve,
    isotonic,
    log_loss,
    platt,
    report,
    unseen,
)
from rag_core.read.description import Scale


def made(slope: float, offset: float, seed: int = 0, count: int = 20_000, domains: int = 1) -> Outcomes:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 3.0, count)
    happened = (rng.random(count) < curve(Scale(slope, offset))(logits)).astype(np.float64)
    return Outcomes(logits, happened, np.ones(count), np.array([f"d{at % domains}" for at in range(count)]))


@pytest.mark.parametrize(("slope", "offset"), [(0.6, -1.5), (1.0, 0.0), (2.0, 1.0)])
def test_scaling_finds_the_numbers_that_made_the_data(slope: float, offset: float) -> None:
    found = platt(made(slope, offset))
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.offset == pytest.approx(offset, abs=0.12)


def test_what_counts_twice_is_as_if_it_had_happened_twice() -> None:
    once = made(0.8, -0.5, count=4000)
    rows = np.arange(4000) < 1000
    weighted = Outcomes(once.logits, once.happened, np.where(rows, 2.0, 1.0), once.domain)
    again = [np.concatenate((column, column[rows])) for column in (once.logits, once.happened, once.weights)]
    doubled = platt(Outcomes(again[0], again[1], again[2], np.concatenate((once.domain, once.domain[rows]))))
    assert platt(weighted).slope == pytest.approx(doubled.slope, abs=1e-3)
    assert platt(weighted).offset == pytest.approx(doubled.offset, abs=1e-3)


def test_logits_that_say_nothing_give_the_share_and_never_a_falling_curve() -> None:
    outcomes = made(0.0, 0.0)
    upside_down = Outcomes(-outcomes.logits, outcomes.happened, outcomes.weights, outcomes.domain)
    for one in (outcomes, upside_down, made(-1.0, 0.0)):
        said = curve(platt(one))(np.array([-4.0, 0.0, 4.0]))
        assert said.tolist() == sorted(said.tolist())
    assert curve(platt(outcomes))(np.array([0.0])) == pytest.approx(0.5, abs=0.02)


def test_steps_rise_and_hit_the_shares() -> None:
    outcomes = Outcomes(
        np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0, 1.0]), np.ones(5), np.array(["d"] * 5)
    )
    found = isotonic(outcomes)
    assert found(np.array([-9.0, 0.0, 1.0, 2.0, 3.5, 9.0])).tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]


def test_scaling_makes_the_error_small_where_it_was_large() -> None:
    outcomes = made(0.4, -2.0)
    before = curve(Scale())(outcomes.logits)
    after = curve(platt(outcomes))(outcomes.logits)
    weights = outcomes.weights
    assert calibration_error(before, outcomes.happened, weights) > 0.15
    assert calibration_error(after, outcomes.happened, weights) < 0.02
    assert log_loss(after, outcomes.happened, weights) < log_loss(before, outcomes.happened, weights)


def test_a_domain_is_judged_by_what_the_others_say() -> None:
    one, other = made(1.0, 2.0), made(1.0, -2.0, seed=1)
    both = Outcomes(
        np.concatenate((one.logits, other.logits)),
        np.concatenate((one.happened, other.happened)),
        np.ones(40_000),
        np.array(["one"] * 20_000 + ["other"] * 20_000),
    )
    said = unseen(both, lambda rows: curve(platt(rows)))
    assert said[:20_000] == pytest.approx(curve(platt(other))(one.logits))


def test_every_domain_counts_the_same() -> None:
    outcomes = made(1.0, 0.0, count=300)
    uneven = Outcomes(outcomes.logits, outcomes.happened, outcomes.weights, np.array(["small"] * 10 + ["large"] * 290))
    weights = balanced(uneven).weights
    assert weights[:10].sum() == pytest.approx(weights[10:].sum())


def test_the_report_tells_of_all_three() -> None:
    lines = list(report("relevance", made(0.5, -1.0, count=900, domains=3)))
    assert lines[0].startswith("relevance: 900 judged") and lines[0].endswith("d0, d1, d2")
    assert [line.split()[0] for line in lines[1:]] == ["as", "Platt", "isotonic"]
