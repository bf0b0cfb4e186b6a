"""Everything that is learnt about a built reader: its calibration, its weight in the final order, and when the program
says that the documents hold no answer. `python -m models.reader fit`; README.md says what it is fitted on.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.reader import fusing
from models.reader.calibrating import Outcomes, balanced, platt
from models.reader.calibrating import report as calibration_report
from models.reader.claims import Checked, fm2_splits, varied
from models.reader.dev_questions import PARTS, TOPICS, libraries
from models.reader.shortlists import Asked, Asker, Listed, read, write
from models.relevance.calibrate import FEATURES, fit_all, probabilities_of_unseen, summary, tabulate
from models.relevance.calibrate import report as relevance_report
from models.relevance.measuring import Example, VectorCache
from rag_core.answer.relevance import PASSAGES, Evidence
from rag_core.embed.bi_encoder import open_encoder
from rag_core.read.cross_encoder import CrossEncoder, open_reader
from rag_core.read.decoding import Judgement, probability
from rag_core.read.description import Scale
from rag_core.retrieve.read_order import ReaderWeights
from rag_core.runtime.pack import Pack, open_pack
from rag_core.types import Reading

ROOT = Path(__file__).resolve().parents[2]
CALIBRATION = Path(__file__).parent / "calibration.json"
FUSION = ROOT / "rag_core" / "retrieve" / "fusion.json"
RELEVANCE = ROOT / "rag_core" / "answer" / "relevance.json"
_DECIMALS = 4
_SAME_WORDS = 0.5  # share of characters from which two spans mean the same words
_ANSWERS = 0.3  # grade from which a candidate counts as one that answers
_CLAIMS_SEED, _CLAIMS_ROUNDS = 11, 2


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with what the reader says of each candidate, in logits."""

    asked: Asked
    said: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Folders: the built reader, the embedder's pack, the question sets, the retrieval sets that
    `dev_questions.RETRIEVAL` names, and what is kept between runs: the shortlists, and the logits of each graph."""

    reader: Path
    embedder: Path
    qa: Path
    retrieval: Path
    work: Path


def fit(places: Places, *, dry_run: bool = False) -> Iterator[str]:
    """Fit and write all three files, unless `dry_run`; yields a report, line by line. Raises PackMissing, PackCorrupt.

    It takes about three minutes on two cores when the shortlists are there.
    """
    pack, embedder = open_pack(places.reader), open_pack(places.embedder)
    asked = _shortlists(places, embedder)
    reader = open_reader(pack)
    logits = _Logits(places.work / f"logits-{_graph_sha256(pack, reader)[:12]}.npz", reader)
    judged = [_judge(one, logits) for one in asked]
    checked = _claims(places.qa)
    support = [said.support for said in logits.of([(c.sentence, "", c.evidence) for c in checked])]
    logits.save()

    outcomes = {
        "relevance": balanced(_relevance_outcomes(judged)),
        "support": balanced(_support_outcomes(checked, support)),
        "answered": balanced(_answered_outcomes(judged)),
    }
    scales = {name: _rounded(platt(rows)) for name, rows in outcomes.items()}
    for name, rows in outcomes.items():
        yield from calibration_report(name, rows)
        yield f"    {scales[name]}"
    readings = [_readings(one, scales) for one in judged]
    weights = _learn_order(asked, readings)
    yield from fusing.report(fusing.lists_of(asked, readings), weights)
    yield f"    {weights}"
    relevance, lines = _fit_relevance(asked, readings, weights, embedder)
    yield from lines
    if not dry_run:
        CALIBRATION.write_text(_json({name: asdict(scale) for name, scale in scales.items()}), encoding="utf-8")
        _write_fusion(weights, pack)
        _write_relevance(relevance, pack)


def _shortlists(places: Places, embedder: Pack) -> list[Asked]:
    places.work.mkdir(parents=True, exist_ok=True)
    path = places.work / f"shortlists-{embedder.sha256[:12]}.jsonl.gz"
    if not path.exists():
        encoder = open_encoder(embedder)
        cache = VectorCache(places.work / f"vectors-{embedder.sha256[:12]}.npz", encoder)
        asker = Asker(encoder, cache)
        drawn = libraries(places.qa, places.retrieval, encoder)
        write((one for lib in drawn for one in asker.ask(lib.domain, lib.queries, lib.spans, lib.fill)), path)
        cache.save()
    return list(read(path))


class _Logits:
    """What a graph says of (question, subject, text), kept by the hash of the graph: a question's time is all there."""

    def __init__(self, path: Path, reader: CrossEncoder) -> None:
        self._path = path
        self._reader = reader
        self._known: dict[str, Judgement] = {}
        if path.exists():
            with np.load(path) as stored:
                for key, row in zip(stored["keys"].tolist(), stored["rows"].tolist(), strict=True):
                    relevance, support, no_answer, best, start, end = row
                    span = (int(start), int(end)) if start >= 0 else None
                    self._known[key] = Judgement(relevance, support, no_answer, best, span)

    def of(self, words: Sequence[tuple[str, str, str]]) -> list[Judgement]:
        missing = [one for one in dict.fromkeys(words) if "\0".join(one) not in self._known]
        for one, judgement in zip(missing, self._reader.judge(missing), strict=True):
            self._known["\0".join(one)] = judgement
        return [self._known["\0".join(one)] for one in words]

    def save(self) -> None:
        said = self._known.values()
        rows = [(s.relevance, s.support, s.no_answer, s.best, *(s.span or (-1, -1))) for s in said]
        np.savez_compressed(self._path, keys=np.array(list(self._known)), rows=np.array(rows, np.float64))


def _graph_sha256(pack: Pack, reader: CrossEncoder) -> str:
    path = pack.graph(reader.graph).path
    return next(file.sha256 for file in pack.manifest.files if file.path == path)


def _judge(one: Asked, logits: _Logits) -> Judged:
    return Judged(one, tuple(logits.of([(one.question, listed.subject, listed.text) for listed in one.candidates])))


def _claims(qa: Path) -> list[Checked]:
    """The dev claims of fool-me-twice as they are met in practice, several times with other sentences beside them."""
    rows = fm2_splits(qa / "fm2_claims.jsonl.gz")["dev"]
    rng = random.Random(_CLAIMS_SEED)
    return list(dict.fromkeys(claim for _ in range(_CLAIMS_ROUNDS) for claim in varied(rows, rng)))


def _support_outcomes(checked: Sequence[Checked], logits: Sequence[float]) -> Outcomes:
    labels = np.array([claim.label for claim in checked])
    return Outcomes(np.array(logits), labels, np.ones(len(labels)), np.full(len(labels), "fm2"))


def _relevance_outcomes(judged: Iterable[Judged]) -> Outcomes:
    """Every candidate of every question: about 20, of which one or none answers."""
    rows = [
        (said.relevance, float(listed.grade >= _ANSWERS), one.asked.domain)
        for one in judged
        if one.asked.domain not in TOPICS
        for listed, said in zip(one.asked.candidates, one.said, strict=True)
        if listed.grade is not None and not 0 < listed.grade < _ANSWERS
    ]
    return _outcomes(rows)


def _answered_outcomes(judged: Iterable[Judged]) -> Outcomes:
    """Of sets whose answers are quoted: whether the likeliest words are those that answer."""
    rows = [
        (said.answered, float(_same(listed, said)), one.asked.domain)
        for one in judged
        if one.asked.spans
        for listed, said in zip(one.asked.candidates, one.said, strict=True)
        if listed.grade is not None and (listed.span is not None or not listed.grade)
    ]
    return _outcomes(rows)


def _outcomes(rows: Sequence[tuple[float, float, str]]) -> Outcomes:
    logits, happened, domain = zip(*rows, strict=True)
    return Outcomes(np.array(logits), np.array(happened), np.ones(len(rows)), np.array(domain))


def _same(listed: Listed, said: Judgement) -> bool:
    if listed.span is None or said.span is None:
        return False
    shared = min(listed.span[1], said.span[1]) - max(listed.span[0], said.span[0])
    lengths = sum(end - start for start, end in (listed.span, said.span))
    return 2 * shared >= _SAME_WORDS * lengths


def _readings(one: Judged, scales: dict[str, Scale]) -> list[Reading]:
    return [
        Reading(
            probability(said.relevance, scales["relevance"]),
            said.span,
            probability(said.answered, scales["answered"]),
        )
        for said in one.said
    ]


def _learn_order(asked: Sequence[Asked], readings: Sequence[Sequence[Reading]]) -> ReaderWeights:
    return fusing.rounded(fusing.learn(fusing.lists_of(asked, readings), fusing.unread_relevance(readings)))


def _write_fusion(weights: ReaderWeights, pack: Pack) -> None:
    numbers = asdict(weights)
    unread = numbers.pop("unread")
    source = {"recipe": "python -m models.reader fit", "reader": pack.id, "sha256": pack.sha256}
    FUSION.write_text(_json({"format": 1, "weights": numbers, "unread": unread, "provenance": source}), "utf-8")


def _fit_relevance(
    asked: Sequence[Asked], readings: Sequence[Sequence[Reading]], weights: ReaderWeights, embedder: Pack
) -> tuple[dict[str, Any], list[str]]:
    """The `read` numbers of relevance.json with their figures, and a report."""
    examples = [
        Example(one.domain, one.kind, one.question, one.chunks, _evidence(one, said, weights))
        for one, said in zip(asked, readings, strict=True)
        if one.domain not in TOPICS and one.candidates
    ]
    table = tabulate(examples, "read", embedder.id)
    unseen = probabilities_of_unseen(table, PARTS)
    model = fit_all(table)
    named = zip(FEATURES["read"], model.weights.tolist(), strict=True)
    fitted = {
        "intercept": round(model.intercept, _DECIMALS),
        "weights": {name: round(weight, _DECIMALS) for name, weight in named},
    }
    figures = {name: round(value, 3) for name, value in summary(table, unseen).items()}
    lines = [*relevance_report(table, unseen), f"    {fitted}"]
    return {"model": fitted, "questions": len(examples), "figures_on_unseen_domains": figures}, lines


def _write_relevance(found: dict[str, Any], pack: Pack) -> None:
    """Into relevance.json; the numbers for questions without a reader stay."""
    content = json.loads(RELEVANCE.read_text(encoding="utf-8"))
    model = found.pop("model")
    content["models"]["read"] = model
    content["reader"] = {"pack": pack.id, "sha256": pack.sha256, "recipe": "python -m models.reader fit", **found}
    RELEVANCE.write_text(_json(content), encoding="utf-8")


def _evidence(one: Asked, said: Sequence[Reading], weights: ReaderWeights) -> tuple[Evidence, ...]:
    best = fusing.ordered(one, said, weights)[:PASSAGES]
    rows = [(one.candidates[at], said[at]) for at in best]
    # A passage has an answer where that is likelier than none (`rag_core.read.decoding.reading`).
    return tuple(
        Evidence(c.dense, c.coverage, c.text, r.relevance, r.span_probability if r.span_probability >= 0.5 else None)
        for c, r in rows
    )


def _rounded(scale: Scale) -> Scale:
    return Scale(round(scale.slope, _DECIMALS), round(scale.offset, _DECIMALS))


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
