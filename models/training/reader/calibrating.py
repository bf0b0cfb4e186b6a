"""From logits to probabilities: Platt's scaling, fitted and judged on questions that the reader was not trained on.

J. Platt, "Probabilistic outputs for support vector machines", 1999; with a prior as in H.-T. Lin, C.-J. Lin, R. Weng,
2007. Isotonic regression (Zadrozny & Elkan 2002) is fitted for comparison: it bends with the data, but it has no say
beyond the logits that it saw, and its steps make ties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_core.read.description import Scale

Array = npt.NDArray[np.float64]
Curve = Callable[[Array], Array]

_STEPS, _NOTHING = 100, 1e-9
_LEAST_SLOPE = 0.05  # a higher logit is never less likely
_BINS = 15


@dataclass(frozen=True, slots=True)
class Outcomes:
    """`logits` (n,), what happened (n,) as 0 or 1, how much each counts (n,), and the domain of each (n,)."""

    logits: Array
    happened: Array
    weights: Array
    domain: npt.NDArray[np.str_]

    def __getitem__(self, rows: npt.NDArray[np.bool_]) -> Outcomes:
        return Outcomes(self.logits[rows], self.happened[rows], self.weights[rows], self.domain[rows])


def balanced(outcomes: Outcomes) -> Outcomes:
    """Every domain counts the same."""
    weights = outcomes.weights.copy()
    for name in np.unique(outcomes.domain):
        weights[outcomes.domain == name] /= weights[outcomes.domain == name].sum()
    return Outcomes(outcomes.logits, outcomes.happened, weights, outcomes.domain)


def platt(outcomes: Outcomes) -> Scale:
    """Least weighted log loss by Newton's method; targets are drawn a little towards the middle, as Platt has it."""
    x, weights = outcomes.logits, outcomes.weights / outcomes.weights.sum()
    right, wrong = float(outcomes.happened.sum()), float((1 - outcomes.happened).sum())
    target = np.where(outcomes.happened > 0, (right + 1) / (right + 2), 1 / (wrong + 2))
    design = np.stack((x, np.ones_like(x)), axis=1)
    share = float(weights @ target)
    found, loss = np.array([0.0, np.log(share / (1 - share))]), np.inf
    for _ in range(_STEPS):
        said = _sigmoid(design @ found)
        bend = (design * (weights * said * (1 - said))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(bend, design.T @ (weights * (said - target)))
        # A full step may overshoot where the logits are far apart.
        while (ahead := _loss(design @ (found - step), target, weights)) > loss and np.abs(step).max() > _NOTHING:
            step = step / 2
        found, loss = found - step, ahead
        if np.abs(step).max() <= _NOTHING:
            break
    return Scale(max(_LEAST_SLOPE, float(found[0])), float(found[1]))


def curve(scale: Scale) -> Curve:
    return lambda logits: _sigmoid(scale.slope * logits + scale.offset)


def isotonic(outcomes: Outcomes) -> Curve:
    """The rising step function of least squared error, by pooling neighbours that fall."""
    order = np.argsort(outcomes.logits, kind="stable")
    levels: list[list[float]] = []  # [mean, weight, first logit]
    for logit, happened, weight in zip(
        outcomes.logits[order], outcomes.happened[order], outcomes.weights[order], strict=True
    ):
        levels.append([float(happened), float(weight), float(logit)])
        while len(levels) > 1 and levels[-2][0] >= levels[-1][0]:
            mean, weight_of, _ = levels.pop()
            total = levels[-1][1] + weight_of
            levels[-1][0] = (levels[-1][0] * levels[-1][1] + mean * weight_of) / total
            levels[-1][1] = total
    starts, means = np.array([level[2] for level in levels]), np.array([level[0] for level in levels])
    return lambda logits: means[np.maximum(0, np.searchsorted(starts, logits, side="right") - 1)]


def unseen(outcomes: Outcomes, fit: Callable[[Outcomes], Curve]) -> Array:
    """Each domain by a curve that was fitted without it; with one domain only, by its own."""
    probabilities = np.zeros(len(outcomes.logits))
    names = np.unique(outcomes.domain)
    for name in names:
        mine = outcomes.domain == name
        probabilities[mine] = fit(outcomes[~mine] if len(names) > 1 else outcomes)(outcomes.logits[mine])
    return probabilities


def calibration_error(probabilities: Array, happened: Array, weights: Array) -> float:
    """Expected calibration error: mean distance of probability and share over bins of equal weight."""
    order = np.argsort(probabilities, kind="stable")
    place = np.cumsum(weights[order]) / weights.sum()
    cells = np.minimum(_BINS - 1, (place * _BINS).astype(np.int64))
    gaps = np.bincount(cells, weights=(weights * (probabilities - happened))[order], minlength=_BINS)
    return float(np.abs(gaps).sum() / weights.sum())


def log_loss(probabilities: Array, happened: Array, weights: Array) -> float:
    bounded = np.clip(probabilities, 1e-6, 1 - 1e-6)
    losses = -(happened * np.log(bounded) + (1 - happened) * np.log(1 - bounded))
    return float(np.average(losses, weights=weights))


def report(name: str, outcomes: Outcomes) -> Iterator[str]:
    """ECE and log loss as it comes, and scaled: each domain judged by what was fitted without it."""
    judged = {
        "as it comes": _sigmoid(outcomes.logits),
        "Platt": unseen(outcomes, lambda rows: curve(platt(rows))),
        "isotonic": unseen(outcomes, isotonic),
    }
    share = float(np.average(outcomes.happened, weights=outcomes.weights))
    yield f"{name}: {len(outcomes.logits)} judged, {share:.1%} right, domains {', '.join(np.unique(outcomes.domain))}"
    for kind, said in judged.items():
        error, loss = (f(said, outcomes.happened, outcomes.weights) for f in (calibration_error, log_loss))
        yield f"    {kind:12} calibration error {error:.4f}, log loss {loss:.4f}"


def _loss(logits: Array, target: Array, weights: Array) -> float:
    return float(weights @ (np.logaddexp(0.0, logits) - target * logits))


def _sigmoid(logits: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(logits / 2)), np.float64)
