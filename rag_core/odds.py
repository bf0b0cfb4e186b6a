"""Probabilities and their log odds."""

from __future__ import annotations

import math

# Beyond these odds (1 : 1097) a model's probability is rounding.
FARTHEST = 7.0


def log_odds(probability: float) -> float:
    """log(p / (1 - p)), within -`FARTHEST`..`FARTHEST`."""
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return max(-FARTHEST, min(FARTHEST, math.log(bounded / (1 - bounded))))
