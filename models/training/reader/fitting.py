"""Everything that is learnt about a built reader: its calibration, its weight in the final order, and when the program
says that the documents hold no answer. `python -m models.reader fit`; README.md says what it is fitted on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.training.json_lines import write_lines
from models.training.reader import fusing, outcomes
from models.training.reader.calibrating import balanced, platt
from models.training.reader.calibrating import report as calibration_report
from models.training.reader.dev_questions import PARTS, TOPICS, libraries
from models.training.reader.logits import Logits, graph_sha256
from models.training.reader.outcomes import Judged
from models.training.reader.shortlists import Asked, Asker, read
from models.training.relevance.calibrate import FEATURES, fit_all, probabilities_of_unseen, summary, tabulate
from models.training.relevance.calibrate import report as relevance_report
from models.training.relevance.measuring import Example, VectorCache
from rag_core.answer.relevance import PASSAGES, Evidence
from rag_core.embed.opening import open_encoder
from rag_core.read.decoding import probability
from rag_core.read.description import Scale
from rag_core.read.opening import open_reader
from rag_core.retrieve.read_order import ReaderWeights
from rag_core.runtime.pack import Pack, open_pack
from rag_core.types import Reading

ROOT = Path(__file__).resolve().parents[3]
CALIBRATION = ROOT / "models" / "recipes" / "reader" / "calibration.json"
FUSION = ROOT / "rag_core" / "retrieve" / "fusion.json"
RELEVANCE = ROOT / "rag_core" / "answer" / "relevance.json"
_DECIMALS = 4


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

    It takes some three minutes on two cores when the shortlists are there, and one when the logits are, too.
    """
    pack, embedder = open_pack(places.reader), open_pack(places.embedder)
    asked = _shortlists(places, embedder)
    reader = open_reader(pack)
    logits = Logits(places.work / f"logits-{graph_sha256(pack, reader)[:12]}.npz", reader)
    judged = [_judge(one, logits) for one in asked]
    claims = outcomes.claims(places.qa, asked)
    said = logits.of([(claim.checked.sentence, "", claim.checked.evidence) for claim in claims])
    logits.save()

    judgements = {
        "relevance": balanced(outcomes.of_relevance(judged)),
        "support": outcomes.of_support(claims, [judgement.support for judgement in said]),
        "answered": balanced(outcomes.of_answers(judged)),
    }
    scales = {name: _rounded(platt(rows)) for name, rows in judgements.items()}
    for name, rows in judgements.items():
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
        write_lines((one for lib in drawn for one in asker.ask(lib.domain, lib.queries, lib.spans, lib.fill)), path)
        cache.save()
    return list(read(path))


def _judge(one: Asked, logits: Logits) -> Judged:
    return Judged(one, tuple(logits.of([(one.question, listed.subject, listed.text) for listed in one.candidates])))


def _readings(one: Judged, scales: dict[str, Scale]) -> list[Reading]:
    return [
        Reading(
            probability(said.relevance, scales["relevance"]),
            said.marked,
            probability(said.answered, scales["answered"]),
        )
        for said in one.said
    ]


def _learn_order(asked: Sequence[Asked], readings: Sequence[Sequence[Reading]]) -> ReaderWeights:
    return fusing.rounded(fusing.learn(fusing.lists_of(asked, readings), fusing.unread_relevance(readings)))


def _write_fusion(weights: ReaderWeights, pack: Pack) -> None:
    numbers = asdict(weights)
    unread = numbers.pop("unread")
    FUSION.write_text(_json({"format": 1, "weights": numbers, "unread": unread, "provenance": _source(pack)}), "utf-8")


def _source(pack: Pack) -> dict[str, Any]:
    """What was fitted, and how. The pack's own hash is left out: the calibration that is written changes it."""
    trained = pack.manifest.provenance.get("training", {})
    return {"recipe": "python -m models.reader fit", "pack": pack.id, "trained_steps": trained.get("step")}


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
    content["reader"] = {**_source(pack), **found}
    RELEVANCE.write_text(_json(content), encoding="utf-8")


def _evidence(one: Asked, said: Sequence[Reading], weights: ReaderWeights) -> tuple[Evidence, ...]:
    best = fusing.ordered(one, said, weights)[:PASSAGES]
    rows = [(one.candidates[at], said[at]) for at in best]
    return tuple(
        Evidence(c.dense, c.coverage, c.text, r.relevance, r.span_probability if r.span is not None else None)
        for c, r in rows
    )


def _rounded(scale: Scale) -> Scale:
    return Scale(round(scale.slope, _DECIMALS), round(scale.offset, _DECIMALS))


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
