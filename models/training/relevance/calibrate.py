"""Fits the calibration, and says how good it is on domains that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.training.relevance.fit import Array, Logistic, fit
from models.training.relevance.measuring import Example
from rag_core.answer.relevance import Calibration, relevance_features
from rag_core.evaluate import metrics

FEATURES: dict[Calibration, tuple[str, ...]] = {
    "read": ("read_best", "answer_best", "window_best", "covered_terms", "smallness"),
    "dense": ("joint_best", "window_best", "covered_terms", "smallness"),
    "lexical": ("coverage_first", "window_best", "covered_terms", "smallness"),
    "lexical_cjk": ("coverage_first", "window_best", "covered_terms", "smallness"),
}
# What people are assumed to ask: seven questions in ten have an answer in the documents, some are about something else,
# the rest sounds as if it had one. Probabilities are calibrated for this mixture.
MIXTURE = {"answerable": 0.7, "far": 0.15, "near": 0.1, "trap": 0.05}
# Questions of these sets lean on a text that the asker has just read ("What size is the holder?"), which people who ask
# a library do less; they count half.
_HALF = ("reddit", "reviews")
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Table:
    """Examples as columns. `size` is the order of magnitude of the library, in chunks."""

    features: Array
    answerable: npt.NDArray[np.bool_]
    kind: npt.NDArray[np.str_]
    domain: npt.NDArray[np.str_]
    size: npt.NDArray[np.int64]

    def __getitem__(self, rows: npt.NDArray[np.bool_]) -> Table:
        return Table(self.features[rows], self.answerable[rows], self.kind[rows], self.domain[rows], self.size[rows])

    def __len__(self) -> int:
        return len(self.kind)


def tabulate(examples: Sequence[Example], calibration: Calibration, embedder: str) -> Table:
    """`embedder` must be the pack that the program's own relevance.json names, or cosines are not looked at."""
    rows = [
        relevance_features(
            e.question, e.evidence, embedder=embedder if calibration == "dense" else "", library_chunks=e.chunks
        )
        for e in examples
    ]
    return Table(
        np.array([[getattr(row, name) for name in FEATURES[calibration]] for row in rows], np.float64),
        np.array([e.kind == "answerable" for e in examples]),
        np.array([e.kind for e in examples]),
        np.array([e.domain for e in examples]),
        np.array([round(float(np.log10(e.chunks))) for e in examples]),
    )


def weights(table: Table) -> Array:
    """Every domain and every size of library counts the same; inside one, the kinds count as in `MIXTURE`."""
    given = np.zeros(len(table))
    cells = sorted(set(zip(table.domain.tolist(), table.size.tolist(), strict=True)))
    for domain, size in cells:
        cell = (table.domain == domain) & (table.size == size)
        kinds = [kind for kind in MIXTURE if (cell & (table.kind == kind)).any()]
        wrong = sum(MIXTURE[kind] for kind in kinds if kind != "answerable")
        for kind in kinds:
            share = MIXTURE[kind] if kind == "answerable" else (1 - MIXTURE["answerable"]) * MIXTURE[kind] / wrong
            rows = cell & (table.kind == kind)
            given[rows] = share / rows.sum() * (0.5 if domain in _HALF else 1.0)
    return given


def fit_all(table: Table) -> Logistic:
    return fit(table.features, table.answerable, weights(table))


def probabilities_of_unseen(table: Table, parts: dict[str, tuple[str, ...]]) -> Array:
    """Each domain judged by a model that was fitted without it. `parts` names what the mixed libraries consist of."""
    out = np.zeros(len(table))
    for domain in sorted(set(table.domain.tolist())):
        held = {domain, *parts.get(domain, ()), *(big for big, names in parts.items() if domain in names)}
        seen = ~np.isin(table.domain, sorted(held))
        mine = table.domain == domain
        out[mine] = fit_all(table[seen]).probabilities(table.features[mine])
    return out


def report(table: Table, probabilities: Array) -> Iterator[str]:
    """A table for people: per domain and size, the share refused of each kind, and AUROC."""
    yield "domain          chunks  questions  refused: answerable    far   near   trap   AUROC"
    for domain in sorted(set(table.domain.tolist())):
        for size in sorted(set(table.size[table.domain == domain].tolist())):
            rows = (table.domain == domain) & (table.size == size)
            refused = "".join(
                _share(probabilities[rows & (table.kind == kind)] < THRESHOLD).rjust(22 if kind == "answerable" else 7)
                for kind in MIXTURE
            )
            auroc = metrics.auroc(probabilities[rows].tolist(), table.answerable[rows].tolist())
            yield f"{domain:15} ~10^{size} {int(rows.sum()):10}{refused}  {auroc:6.3f}"
    yield "all             " + ", ".join(f"{name} {value:.3f}" for name, value in summary(table, probabilities).items())


def summary(table: Table, probabilities: Array) -> dict[str, float]:
    """Weighted to `MIXTURE`. Precision and recall are those of saying “not found”."""
    given = weights(table)
    refused = probabilities < THRESHOLD
    wrong = ~table.answerable
    values = {
        "refused_answerable": _mean(refused[table.answerable], given[table.answerable]),
        "not_found_precision": float((given * (refused & wrong)).sum() / max(1e-9, (given * refused).sum())),
        "not_found_recall": _mean(refused[wrong], given[wrong]),
        "auroc": _weighted_auroc(probabilities, table.answerable, given),
        "calibration_error": _calibration_error(probabilities, table.answerable, given),
    }
    for kind in ("far", "near", "trap"):
        rows = table.kind == kind
        if rows.any():
            values[f"{kind}_refused"] = _mean(refused[rows], given[rows])
            with_answerable = rows | table.answerable
            values[f"{kind}_auroc"] = float(
                np.mean(
                    [
                        metrics.auroc(probabilities[both].tolist(), table.answerable[both].tolist())
                        for domain in sorted(set(table.domain[rows].tolist()))
                        for both in [with_answerable & (table.domain == domain)]
                    ]
                )
            )
    return values


def _weighted_auroc(probabilities: Array, positive: npt.NDArray[np.bool_], given: Array) -> float:
    order = np.argsort(probabilities, kind="stable")
    above = np.cumsum(np.where(positive[order], 0.0, given[order]))
    won = float((given[order] * positive[order] * above).sum())
    return won / float(given[positive].sum() * given[~positive].sum())


def _calibration_error(probabilities: Array, happened: npt.NDArray[np.bool_], given: Array, bins: int = 10) -> float:
    """As `metrics.expected_calibration_error`, with weights."""
    cells = np.minimum(bins - 1, (probabilities * bins).astype(np.int64))
    gaps = np.bincount(cells, weights=given * (probabilities - happened), minlength=bins)
    return float(np.abs(gaps).sum() / given.sum())


def _mean(values: npt.NDArray[np.bool_], given: Array) -> float:
    return float(np.average(values, weights=given))


def _share(values: npt.NDArray[np.bool_]) -> str:
    return f"{float(np.mean(values)):.2f}" if len(values) else "–"
