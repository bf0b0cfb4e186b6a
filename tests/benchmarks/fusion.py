"""What the fusion's weights are worth: nDCG@10 on four question sets, each split into a half to choose on and a rest.

    python -m tests.benchmarks.fusion --packs DATA_DIR/packs

Every passage of a set is one chunk (policyqa, squad2, qed_nq, jaquad from ../shared/data/qa); a question's own passages
are the relevant ones. About five minutes, nearly all of it embedding.
"""

# ruff: noqa: T201 - a benchmark's output is what it prints

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.evaluate import metrics
from rag_core.index.store import Store
from rag_core.retrieve.fusion import DENSE_WEIGHT, LEXICAL_WEIGHT, SCORE_WEIGHT, fuse
from rag_core.runtime.pack import find_pack
from rag_core.types import Chunk, Page, ParsedDocument

SHARED_QA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "qa"
SETS = ("policyqa", "squad2_dev_half", "qed_nq_dev", "jaquad_dev")
PASSAGES = 1500
CANDIDATE_K = 50
# Score weight, dense weight, lexical weight.
SYSTEMS = {
    "dense": (0.0, 1.0, 0.0),
    "BM25": (0.0, 0.0, 1.0),
    "reciprocal ranks alone": (0.0, 1.0, 1.0),
    "ranks and scores, equal": (SCORE_WEIGHT, 1.0, 1.0),
    "as shipped": (SCORE_WEIGHT, DENSE_WEIGHT, LEXICAL_WEIGHT),
}


def load(name: str, count: int) -> tuple[list[str], list[tuple[str, set[int]]]]:
    """Passages, and questions with the chunk ids (from 1) that answer them."""
    with gzip.open(SHARED_QA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row["answer"]]
    places = {passage: at for at, passage in enumerate(dict.fromkeys(row["passage"] for row in rows), start=1)}
    relevant: dict[str, set[int]] = {}
    for row in rows:
        if places[row["passage"]] <= PASSAGES:
            relevant.setdefault(row["question"], set()).add(places[row["passage"]])
    chosen = random.Random(9).sample(sorted(relevant), min(count, len(relevant)))
    return list(places)[:PASSAGES], [(question, relevant[question]) for question in chosen]


def build(store: Store, passages: Sequence[str], encoder: Encoder) -> Store:
    for number, text in enumerate(passages):
        identity = hashlib.sha256(text.encode()).hexdigest()
        parsed = ParsedDocument("text/plain", (Page(1, text),))
        store.put_document(f"/{number}", 1, 1, identity, parsed, [Chunk(0, 1, 0, len(text), text)])
    while pending := store.pending_chunks(256):
        store.put_vectors([c.chunk_id for c in pending], encoder.encode_passages([c.text for c in pending]))
    return store


def measure(name: str, question_count: int, encoder: Encoder) -> None:
    passages, questions = load(name, question_count)
    with TemporaryDirectory() as folder:
        index = build(Store.open(Path(folder) / "library"), passages, encoder)
        vectors = encoder.encode_queries([question for question, _ in questions])
        dense = [index.search_dense(vector, CANDIDATE_K) for vector in vectors]
        lexical = [index.search_lexical(question, CANDIDATE_K) for question, _ in questions]
        index.close()
    print(f"{name}: {len(passages)} passages, {len(questions)} questions")
    for system, (score_weight, dense_weight, lexical_weight) in SYSTEMS.items():
        values = []
        for d, l, (_, relevant) in zip(dense, lexical, questions, strict=True):  # noqa: E741
            order = fuse(d, l, score_weight=score_weight, dense_weight=dense_weight, lexical_weight=lexical_weight)
            gains = [float(candidate.chunk_id in relevant) for candidate in order[:10]]
            values.append(metrics.ndcg_at_k(gains, [1.0] * len(relevant), 10))
        print(
            f"  {system:26} chosen on {metrics.mean(values[::2]):.4f}   rest {metrics.mean(values[1::2]):.4f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--sets", nargs="*", default=SETS)
    arguments = parser.parse_args()
    encoder = open_encoder(find_pack(arguments.packs, "embedder"))
    for name in arguments.sets:
        measure(name, arguments.questions, encoder)


if __name__ == "__main__":
    main()
