"""Learns how much the reader's word weighs in the final order (`rag_core/retrieve/read_order.py`).

Chosen are the weights with the greatest mean gain in nDCG@10 over the domains, among those with which no domain is
worse than without the reader. What a choice is worth is told by leaving each domain out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from models.training.reader.shortlists import Asked
from rag_core.evaluate.metrics import ndcg_at_k
from rag_core.odds import log_odds
from rag_core.retrieve.fusion import Candidate
from rag_core.retrieve.read_order import ReaderWeights, order_read
from rag_core.types import Reading

Array = npt.NDArray[np.float64]
DEPTH = 10
# A domain that loses costs so many times what another one gains.
_LOSS = 10.0
_GRID = (
    (0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5),  # relevance
    (0.0, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.25),  # log odds
    (0.0, 0.1, 0.2, 0.4, 0.8),  # answer
)
_ROWS = 20
_ABSENT = -1e9


@dataclass(frozen=True, slots=True)
class Lists:
    """Shortlists of answerable questions as arrays: (questions, 20), and (questions, 20, 3) of what the reader says."""

    domain: npt.NDArray[np.str_]
    nearness: Array
    said: Array
    gains: Array
    best: Array
    ranks_only: Array

    def __getitem__(self, rows: npt.NDArray[np.bool_]) -> Lists:
        numbers = (self.nearness, self.said, self.gains, self.best, self.ranks_only)
        return Lists(self.domain[rows], *(column[rows] for column in numbers))


def lists_of(asked: Sequence[Asked], readings: Sequence[Sequence[Reading]]) -> Lists:
    """Of the questions whose documents answer them."""
    domain, nearness, said, gains, best, plain = [], [], [], [], [], []
    for one, read in zip(asked, readings, strict=True):
        if one.kind != "answerable" or not one.ideal:
            continue
        # Candidates of which nobody knows whether they answer are left out.
        known = [(c, r) for c, r in zip(one.candidates, read, strict=True) if c.grade is not None]
        room = (0, _ROWS - len(known))
        domain.append(one.domain)
        nearness.append(np.pad([c.nearness for c, _ in known], room, constant_values=_ABSENT))
        rows = [(r.relevance, log_odds(r.relevance), r.span_probability) for _, r in known]
        said.append(np.pad(np.array(rows).reshape(-1, 3), (room, (0, 0))))
        gains.append(np.pad([c.grade or 0.0 for c, _ in known], room))
        best.append(_discounted(np.array([sorted(one.ideal, reverse=True)[:DEPTH]]))[0])
        plain.append(ndcg_at_k(one.ranks_only, one.ideal, DEPTH))
    return Lists(np.array(domain), *(np.array(column) for column in (nearness, said, gains, best, plain)))


def learn(lists: Lists, unread: float) -> ReaderWeights:
    """The best of a grid."""
    choices = np.array(list(product(*_GRID)))
    worth = _worth(_gains(lists, choices))
    relevance, odds, answer = choices[int(np.argmax(worth))].tolist()
    return ReaderWeights(relevance, odds, answer, unread)


def ndcg(lists: Lists, weights: ReaderWeights) -> Array:
    """(questions,)"""
    return _ndcg(lists, np.array([weights.relevance, weights.log_odds, weights.answer]))


def report(lists: Lists, chosen: ReaderWeights) -> Iterator[str]:
    """nDCG@10 of each way to order, by domain; the last column by weights that were learnt without that domain."""
    nothing, alone = np.zeros(3), np.array([1e3, 1e3, 0.0])
    yield "domain              questions  ranks only  second look  reader alone  final order  learnt without it"
    rows = []
    for name in np.unique(lists.domain):
        own = lists[lists.domain == name]
        without = learn(lists[lists.domain != name], chosen.unread)
        orders = (_ndcg(own, nothing), _ndcg(own, alone), ndcg(own, chosen), ndcg(own, without))
        rows.append([own.ranks_only.mean(), *(order.mean() for order in orders)])
        yield _line(str(name), len(own.domain), rows[-1])
    yield _line("mean of domains", len(lists.domain), np.mean(rows, axis=0).tolist())


def ordered(one: Asked, read: Sequence[Reading | None], weights: ReaderWeights) -> list[int]:
    """The places of the shortlist in their final order, as the program has it."""
    candidates = [Candidate(at, listed.nearness) for at, listed in enumerate(one.candidates)]
    said = {at: reading for at, reading in enumerate(read) if reading is not None}
    return [candidate.chunk_id for candidate in order_read(candidates, said, weights)]


def unread_relevance(readings: Sequence[Sequence[Reading]]) -> float:
    """What a candidate of the shortlist's second half answers on average, as the reader has it."""
    return float(np.mean([reading.relevance for read in readings for reading in read[_ROWS // 2 :]]))


def rounded(weights: ReaderWeights) -> ReaderWeights:
    return replace(weights, unread=round(weights.unread, 4))


def _worth(gains: Array) -> Array:
    """Of each choice, from (choices, domains)."""
    return np.asarray(gains.mean(axis=1) + _LOSS * np.minimum(0.0, gains).mean(axis=1))


def _gains(lists: Lists, choices: Array) -> Array:
    """(choices, domains): mean gain over the better of the orders that do without a reader."""
    names = np.unique(lists.domain)
    plain = [
        max(own.ranks_only.mean(), _ndcg(own, np.zeros(3)).mean()) for own in (lists[lists.domain == n] for n in names)
    ]
    rows = []
    for choice in choices:
        each = _ndcg(lists, choice)
        rows.append([each[lists.domain == name].mean() - before for name, before in zip(names, plain, strict=True)])
    return np.array(rows)


def _ndcg(lists: Lists, choice: Array) -> Array:
    order = np.argsort(-(lists.nearness + lists.said @ choice), axis=1, kind="stable")[:, :DEPTH]
    return np.asarray(_discounted(np.take_along_axis(lists.gains, order, axis=1)) / lists.best)


def _discounted(gains: Array) -> Array:
    return np.asarray((gains / np.log2(np.arange(2, gains.shape[1] + 2))).sum(axis=1))


def _line(name: str, questions: int, values: Sequence[float]) -> str:
    first, *others = values
    widths = (13, 14, 13, 19)
    return f"{name:18} {questions:10}{first:12.3f}" + "".join(
        f"{v:{w}.3f}" for v, w in zip(others, widths, strict=True)
    )
