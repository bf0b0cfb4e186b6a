"""Makes rag_core/answer/relevance.json from the question sets: `python -m models.training.relevance --packs DIR
--work DIR`.

Reads ../shared/data/qa. About 20,000 passages are embedded once (kept in --work); the rest takes minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from models.training.json_lines import write_lines
from models.training.relevance.calibrate import (
    FEATURES,
    MIXTURE,
    THRESHOLD,
    fit_all,
    probabilities_of_unseen,
    report,
    summary,
    tabulate,
)
from models.training.relevance.libraries import draw
from models.training.relevance.measuring import Encoder, Example, VectorCache, ask_all, read_examples
from models.training.relevance.sources import Domain, load_domains, together
from rag_core.answer.relevance import Calibration
from rag_core.embed.opening import open_encoder
from rag_core.runtime.pack import Pack, find_pack

ROOT = Path(__file__).resolve().parents[3]
TARGET = ROOT / "rag_core" / "answer" / "relevance.json"
# (pages, how many libraries, questions of each kind per library)
SIZES = ((20, 10, 15), (200, 3, 75), (1200, 1, 250))
OWN: tuple[Calibration, ...] = ("dense", "lexical", "lexical_cjk")
BIG = 400  # questions of each kind for the mixed libraries
# The mixed libraries: each is judged by numbers that were fitted without its parts.
PARTS = {"mixed-1": ("squad2", "reddit", "search", "health"), "mixed-2": ("wikipedia", "reviews", "policies")}
LICENCES = {
    "squad2_dev_half": "SQuAD 2.0 dev, half (CC BY-SA 4.0)",
    "squadshifts": "SQuADShifts: Wikipedia, Reddit, Amazon (CC BY 4.0)",
    "policyqa": "PolicyQA (MIT)",
    "qed_nq_dev": "QED, questions of Natural Questions (CC BY-SA 3.0)",
    "medquad_pairs": "MedQuAD (CC BY 4.0)",
    "jaquad_train": "JaQuAD train, a quarter (CC BY-SA 3.0)",
    "jaquad_dev": "JaQuAD dev (CC BY-SA 3.0)",
}


def measure(language: str, qa: Path, encoder: Encoder, cache: VectorCache) -> Iterator[Example]:
    """Draw libraries of every domain and size and ask them."""
    domains = load_domains(qa, language)
    for domain in domains:
        strangers = _strangers(domain, domains)
        for pages, count, per_kind in SIZES:
            for number in range(count):
                rng = random.Random(f"{domain.name} {pages} {number}")
                yield from ask_all(draw(domain, pages, per_kind, strangers, rng), encoder, cache)
        cache.save()
        print(f"measured {domain.name}", flush=True)  # noqa: T201
    for name, parts in PARTS.items() if language == "en" else ():
        mixed = together(name, [domain for domain in domains if domain.name in parts])
        pages = sum(len(source.pages) for source in mixed.sources)
        plan = draw(mixed, pages, BIG, _strangers(mixed, domains, parts), random.Random(name))
        yield from ask_all(plan, encoder, cache)
        cache.save()
        print(f"measured {name}", flush=True)  # noqa: T201


def _strangers(domain: Domain, domains: Sequence[Domain], own: Sequence[str] = ()) -> list[str]:
    """Questions about other things. Only sets whose questions name what they ask about: others fit anywhere."""
    rng = random.Random(domain.name)
    named = [d for d in domains if d.name in ("squad2", "wikipedia", "health", "search", "japanese", "japanese-train")]
    others = [d for d in named if d.name != domain.name and d.name not in own]
    texts = [q.text for d in others for s in d.sources for q in rng.sample(s.questions, min(3, len(s.questions)))]
    return sorted(set(texts))


def calibrate(examples: dict[str, list[Example]], pack: Pack) -> dict[str, Any]:
    models: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    for calibration in OWN:
        table = tabulate(examples["ja" if calibration == "lexical_cjk" else "en"], calibration, pack.id)
        unseen = probabilities_of_unseen(table, PARTS)
        print(f"\n{calibration}, each domain judged by numbers fitted without it")  # noqa: T201
        print("\n".join(report(table, unseen)))  # noqa: T201
        model = fit_all(table)
        named = dict(zip(FEATURES[calibration], model.weights.tolist(), strict=True))
        models[calibration] = {
            "intercept": round(model.intercept, 3),
            "weights": {name: round(weight, 3) for name, weight in named.items()},
        }
        figures[calibration] = {name: round(value, 3) for name, value in summary(table, unseen).items()}
        print(f"fitted on all: {models[calibration]}")  # noqa: T201
    return {"models": models, "figures": figures}


def write(result: dict[str, Any], pack: Pack, examples: dict[str, list[Example]], qa: Path) -> None:
    used = {name: _sha256(qa / f"{name}.jsonl.gz") for name in LICENCES}
    stored = json.loads(TARGET.read_text(encoding="utf-8"))
    read = stored["models"]["read"]  # fitted with the reader: python -m models.reader fit
    content = {
        "format": 1,
        "embedder": {"pack": pack.id, "version": pack.manifest.version, "sha256": pack.sha256},
        "reader": stored["reader"],
        "models": {"read": read, **result["models"]},
        "provenance": {
            "recipe": "python -m models.training.relevance",
            "threshold": THRESHOLD,
            "mixture": MIXTURE,
            "questions": {language: len(found) for language, found in examples.items()},
            "sets": [{"name": LICENCES[name], "file": name, "sha256": digest} for name, digest in used.items()],
            "figures_on_unseen_domains": result["figures"],
        },
    }
    TARGET.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the relevance calibration.")
    parser.add_argument("--packs", type=Path, required=True, help="folder of built model packs")
    parser.add_argument("--work", type=Path, required=True, help="folder for vectors that are kept between runs")
    parser.add_argument("--qa", type=Path, default=ROOT.parent / "shared" / "data" / "qa")
    parser.add_argument("--dry-run", action="store_true", help="print the tables, leave relevance.json as it is")
    parser.add_argument("--fit-only", action="store_true", help="use what the last run measured in --work")
    arguments = parser.parse_args()
    pack = find_pack(arguments.packs, "embedder")
    examples = {}
    for language in ("en", "ja"):
        path = arguments.work / f"examples-{language}.jsonl.gz"
        if not arguments.fit_only:
            encoder = open_encoder(pack)
            cache = VectorCache(arguments.work / f"vectors-{pack.sha256[:12]}.npz", encoder)
            write_lines(measure(language, arguments.qa, encoder, cache), path)
        examples[language] = list(read_examples(path))
    result = calibrate(examples, pack)
    if not arguments.dry_run:
        write(result, pack, examples, arguments.qa)


if __name__ == "__main__":
    main()
