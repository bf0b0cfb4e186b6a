"""Monotone logistic regression: more similarity never makes an answer less likely. numpy only, deterministic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_STEPS = 4000
_RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Logistic:
    """probability = 1 / (1 + exp(-(intercept + weights . features)))."""

    weights: Array
    intercept: float

    def probabilities(self, features: Array) -> Array:
        return _sigmoid(features @ self.weights + self.intercept)


def fit(features: Array, labels: npt.NDArray[np.bool_], sample_weights: Array) -> Logistic:
    """Least weighted log loss with non-negative weights, by accelerated projected gradient on standardised features.

    Shapes (n, m), (n,), (n,). A feature that never varies gets weight 0.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    x = (features - mean) / spread
    share = sample_weights / sample_weights.sum()
    target = labels.astype(np.float64)
    weights, intercept = np.zeros(x.shape[1]), np.float64(0.0)
    ahead_w, ahead_b, momentum = weights, intercept, np.float64(1.0)
    step = 4.0 / (np.linalg.norm(x * np.sqrt(share)[:, None], 2) ** 2 + 1.0 + 4 * _RIDGE)  # 1 / Lipschitz constant
    for _ in range(_STEPS):
        error = (_sigmoid(x @ ahead_w + ahead_b) - target) * share
        new_w = np.maximum(0.0, ahead_w - step * (x.T @ error + _RIDGE * ahead_w))
        new_b = ahead_b - step * error.sum()
        faster = (1.0 + np.sqrt(1.0 + 4.0 * momentum * momentum)) / 2.0
        pull = (momentum - 1.0) / faster
        ahead_w, ahead_b = new_w + pull * (new_w - weights), new_b + pull * (new_b - intercept)
        weights, intercept, momentum = new_w, new_b, faster
    raw = weights / spread
    return Logistic(raw, float(intercept - raw @ mean))


def _sigmoid(z: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -40.0, 40.0))))
