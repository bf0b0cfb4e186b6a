"""The training loop: mixed batches of question groups and claims, checkpoints, resuming.

A step takes either groups (one passage that answers and its hard negatives: listwise softmax over relevance, and each
passage by itself; spans on all of them, "no answer" on the wrong ones) or claims with evidence (support). The learning
rate rises, stays, and falls linearly over the last steps ("warm-up, stable, decay"): a run can be prolonged.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.recipes.reader.pairs import Pair
from models.training.reader.examples import Claim, Question
from models.training.reader.network import Reader, Scores
from models.training.reader.together import average_gradients, rank_here

_RUN = 8  # pairs that run together
_MOST_PROCESSES = 8
_PASSAGE, _WRONG = 1.0, 0.25  # weight of a span's loss on the passage that was asked about, and on each wrong one


@dataclass(frozen=True, slots=True)
class Config:
    """A run. `negatives[k]` is the probability that a group comes with k negatives."""

    seed: int = 5
    steps: int = 5000
    decay_steps: int = 1200
    warmup_steps: int = 150
    learning_rate: float = 1e-4
    pairs: int = 32
    claims: int = 64
    claim_share: float = 0.15
    negatives: tuple[float, ...] = (0.4, 0.1, 0.1, 0.4)
    weight_decay: float = 0.01
    every: int = 250


@dataclass(frozen=True, slots=True)
class Batch:
    """`groups` are (first row, rows, the first one answers); empty for claims, whose `labels` are 0 and 1."""

    pairs: Sequence[Pair]
    groups: Sequence[tuple[int, int, bool, bool]] = ()
    labels: Sequence[float] = ()


def batches(
    questions: Sequence[Question], claims: Sequence[Claim], config: Config, start: int, rank: int = 0
) -> Iterator[Batch]:
    """Without end, from step `start` on: the same for the same seed, however often it was interrupted, and others for
    each `rank` of the processes that train together.
    """
    for step in count(start):
        # All processes draw the kind and the length of their batches alike, so that none waits for another.
        shared = random.Random(config.seed * 1_000_003 + step)
        rng = random.Random((config.seed * 1_000_003 + step) * _MOST_PROCESSES + rank)
        if shared.random() < config.claim_share and claims:
            centre = shared.randrange(len(claims))
            chosen = [(centre + rng.randrange(-2000, 2000)) % len(claims) for _ in range(config.claims)]
            yield Batch([claims[at].pair for at in chosen], labels=[claims[at].label for at in chosen])
        else:
            yield _question_batch(questions, config, shared.randrange(len(questions)), rng)


def _question_batch(questions: Sequence[Question], config: Config, centre: int, rng: random.Random) -> Batch:
    """Of questions near in length to that at `centre`: they share a padded length."""
    pairs: list[Pair] = []
    groups: list[tuple[int, int, bool, bool]] = []
    while True:
        question = questions[(centre + rng.randrange(-400, 400)) % len(questions)]
        wanted = rng.choices(range(len(config.negatives)), config.negatives)[0]
        wrong = rng.sample(question.negatives, min(wanted, len(question.negatives)))
        if pairs and len(pairs) + 1 + len(wrong) > config.pairs:
            return Batch(pairs, groups)
        groups.append((len(pairs), 1 + len(wrong), question.answerable, question.has_span))
        pairs += [question.pair, *wrong]


def loss_of(scores: Scores, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """The batch's loss, and its parts for the log."""
    if batch.labels:
        support = functional.binary_cross_entropy_with_logits(scores.support, torch.tensor(batch.labels))
        return support, {"support": support.item()}
    answers = torch.zeros(len(batch.pairs))
    for first, _, answerable, _ in batch.groups:
        answers[first] = float(answerable)
    single = functional.binary_cross_entropy_with_logits(scores.relevance, answers)
    listed = [
        functional.cross_entropy(scores.relevance[first : first + rows][None], torch.zeros(1, dtype=torch.long))
        for first, rows, answerable, _ in batch.groups
        if answerable and rows > 1
    ]
    rank = torch.stack(listed).mean() if listed else torch.zeros(())
    span = _span_loss(scores, batch)
    total = rank + single + span
    return total, {"rank": rank.item(), "single": single.item(), "span": span.item()}


def _span_loss(scores: Scores, batch: Batch) -> Tensor:
    """Start and end as choices among the passage's tokens and position 0."""
    weights = torch.full((len(batch.pairs),), _WRONG)
    for first, _, answerable, has_span in batch.groups:
        # An answer that is not a span is not "no answer" either.
        weights[first] = _PASSAGE if has_span or not answerable else 0.0
    places = torch.arange(scores.start.shape[1])[None]
    begins = torch.tensor([pair.passage_at for pair in batch.pairs])[:, None]
    lengths = torch.tensor([len(pair.ids) for pair in batch.pairs])[:, None]
    allowed = ((places >= begins) & (places < lengths - 1)) | (places == 0)
    total = torch.zeros(())
    for logits, targets in (
        (scores.start, [pair.start for pair in batch.pairs]),
        (scores.end, [pair.end for pair in batch.pairs]),
    ):
        each = functional.cross_entropy(
            logits.masked_fill(~allowed, -1e4), torch.tensor(targets), reduction="none", label_smoothing=0.0
        )
        total = total + (each * weights).sum() / weights.sum() / 2
    return total


def scores_of(reader: Reader, pairs: Sequence[Pair]) -> Scores:
    """Of all pairs, in their order. Pairs of like length run together: half of a mixed batch would be padding."""
    order = sorted(range(len(pairs)), key=lambda row: len(pairs[row].ids))
    tokens = len(pairs[order[-1]].ids)
    parts = []
    for first in range(0, len(order), _RUN):
        ids, mask = padded([pairs[row] for row in order[first : first + _RUN]])
        with torch.autocast("cpu", torch.bfloat16):
            scores = reader(ids, mask)
        room = (0, tokens - ids.shape[1])
        start, end = (functional.pad(each, room) for each in (scores.start, scores.end))
        parts.append(Scores(scores.relevance, scores.support, start, end))
    back = torch.tensor(order).argsort()
    return Scores(*(torch.cat(columns)[back] for columns in zip(*parts, strict=True)))


def padded(pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """(ids, mask), both (pairs, tokens)."""
    tokens = max(len(pair.ids) for pair in pairs)
    ids = np.zeros((len(pairs), tokens), np.int64)
    mask = np.zeros((len(pairs), tokens), np.float32)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids)] = pair.ids
        mask[row, : len(pair.ids)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


@dataclass(slots=True)
class Run:
    """A training in `folder`; a checkpoint there is gone on with."""

    reader: Reader
    config: Config
    folder: Path
    step: int = 0
    optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        parameters = [p for p in self.reader.parameters() if p.requires_grad]
        decayed = [p for p in parameters if p.dim() > 1]
        plain = [p for p in parameters if p.dim() < 2]
        groups: list[dict[str, Any]] = [
            {"params": decayed, "weight_decay": self.config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, self.config.learning_rate, fused=True)
        if self.checkpoint.exists():
            stored = torch.load(self.checkpoint, weights_only=True)
            self.reader.load_state_dict(stored["reader"])
            self.optimizer.load_state_dict(stored["optimizer"])
            self.step = stored["step"]

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def train(self, questions: Sequence[Question], claims: Sequence[Claim], until: int | None = None) -> None:
        """To the step `until` (`config.steps`); prints a line per 25 steps, keeps a checkpoint per `config.every`."""
        self.reader.train()
        started, done, parts = time.monotonic(), 0, dict[str, list[float]]()
        rank = rank_here()
        for batch in batches(questions, claims, self.config, self.step, rank):
            if self.step >= (self.config.steps if until is None else until):
                break
            for name, value in self._one(batch).items():
                parts.setdefault(name, []).append(value)
            done += len(batch.pairs)
            if self.step % 25 == 0 and rank == 0:
                means = "  ".join(f"{name} {np.mean(values):.3f}" for name, values in sorted(parts.items()))
                speed = done / (time.monotonic() - started)
                print(f"step {self.step}  {speed:.1f} pairs/s  {means}", flush=True)  # noqa: T201
                parts.clear()
            if self.step % self.config.every == 0:
                self.save()
        self.save()

    def _one(self, batch: Batch) -> dict[str, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * _schedule(self.step, self.config)
        loss, parts = loss_of(scores_of(self.reader, batch.pairs), batch)
        loss.backward()
        average_gradients(self.reader)
        torch.nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        return parts

    def save(self) -> None:
        """One process of those that train together does it for all."""
        if rank_here():
            return
        partial = self.checkpoint.with_suffix(".partial")
        stored = {"reader": self.reader.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step}
        torch.save({**stored, "config": asdict(self.config)}, partial)
        partial.replace(self.checkpoint)


def _schedule(step: int, config: Config) -> float:
    rising = min(1.0, (step + 1) / config.warmup_steps)
    return min(rising, max(0.02, (config.steps - step) / config.decay_steps))
