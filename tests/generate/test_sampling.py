"""Which token follows."""

from __future__ import annotations

import numpy as np

from rag_core.generate.sampling import TOP_K, TokenChoice

LOGITS = np.random.default_rng(0).normal(size=400).astype(np.float32)


def test_without_temperature_the_most_likely_one() -> None:
    assert TokenChoice().of(LOGITS) == int(LOGITS.argmax())
    assert TokenChoice().of(np.array([1, 3, 3, 2], np.float16)) == 1


def test_drawn_out_of_the_likeliest_only() -> None:
    choice = TokenChoice(temperature=100.0, seed=1)  # so hot that all are about equally likely
    drawn = {choice.of(LOGITS) for _ in range(2000)}
    assert drawn <= set(np.argsort(-LOGITS)[:TOP_K].tolist())
    assert len(drawn) > TOP_K // 2


def test_what_is_unlikely_beside_the_others_is_left_out() -> None:
    shares = np.array([0.60, 0.30, 0.07, 0.02, 0.01])  # the first three make up 95 %
    choice = TokenChoice(temperature=1.0, seed=1)
    drawn = [choice.of(np.log(shares)) for _ in range(3000)]
    assert set(drawn) == {0, 1, 2}
    assert abs(drawn.count(0) / len(drawn) - 0.60 / 0.97) < 0.03


def test_a_low_temperature_is_nearly_greedy() -> None:
    choice = TokenChoice(temperature=0.01, seed=1)
    assert {choice.of(LOGITS.astype(np.float16)) for _ in range(100)} == {int(LOGITS.argmax())}
