"""Which token follows, by the logits: the most likely one, or one drawn by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

TOP_K = 50
TOP_P = 0.95


class TokenChoice:
    """`temperature` 0 takes the most likely token (of equals the first). Above 0 one is drawn, the same for the same
    `seed`: out of the `TOP_K` likeliest, and of those the likeliest that make up `TOP_P` of their probability together
    (nucleus sampling, arXiv 1904.09751), after the logits were divided by the temperature.
    """

    def __init__(self, temperature: float = 0.0, seed: int = 0) -> None:
        self._temperature = temperature
        self._random = np.random.default_rng(seed) if temperature > 0 else None

    def of(self, logits: npt.NDArray[Any]) -> int:
        """`logits` of shape (vocabulary,), float16 or float32."""
        values = logits.astype(np.float32, copy=False)  # float16 is compared ten times slower
        if self._random is None:
            return int(values.argmax())
        size = min(TOP_K, len(values))
        likeliest = np.argpartition(values, -size)[-size:]
        likeliest = likeliest[np.lexsort((likeliest, -values[likeliest]))]
        scaled = values[likeliest].astype(np.float64) / self._temperature
        shares = np.exp(scaled - scaled[0])
        shares /= shares.sum()
        nucleus = int(np.searchsorted(shares.cumsum(), TOP_P)) + 1
        shares = shares[:nucleus] / shares[:nucleus].sum()
        return int(self._random.choice(likeliest[:nucleus], p=shares))
