"""What is printed: figures beside what is asked of them, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag_core.types import FloatArray

_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `asked` is "" where nothing is asked; `detail` says how sure it is, or of what it is."""

    what: str
    value: float
    asked: str = ""
    detail: str = ""

    def line(self) -> str:
        shown = "–" if math.isnan(self.value) else f"{self.value:.3f}"
        return f"{self.what:58}  {shown:>7}  {self.asked:>12}  {self.detail}".rstrip()


def heading() -> str:
    return f"{'':58}  {'figure':>7}  {'asked':>12}"


def interval(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """95 % interval of the mean of the groups' means: a bootstrap over the questions of each group."""
    rng = np.random.default_rng(0)
    draws = [rng.choice(np.array(group, np.float32), (_DRAWS, len(group))).mean(axis=1) for group in groups if group]
    means: FloatArray = np.mean(draws, axis=0)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def between(groups: Sequence[Sequence[float]]) -> str:
    low, high = interval(groups)
    return f"95 % interval {low:+.3f} to {high:+.3f}"
