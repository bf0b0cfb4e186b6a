"""How well the shipped calibration tells that documents hold no answer, on questions that played no part in fitting it.

    python -m tests.benchmarks.abstention --packs DATA_DIR/packs

The 472 questions of chunking_evaluation are each asked of a library of all five corpora, and of one without the corpus
that answers them. What is counted is the decision that the program would take.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from models.training.relevance.measuring import VectorCache
from rag_core.answer.relevance import PASSAGES, Evidence, probability, relevance_features
from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.evaluate import metrics
from rag_core.index.store import Store
from rag_core.ingest.chunker import chunk_document
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.runtime.pack import find_pack
from rag_core.settings import Settings
from rag_core.types import FloatArray, Page, ParsedDocument
from tests.benchmarks.retrieval import Asked, questions, raw_corpora


def relevances(
    corpora: dict[str, str], asked: list[Asked], vectors: FloatArray, encoder: Encoder, cache: VectorCache
) -> list[float]:
    """What the program thinks of each question, in a library of these corpora."""
    with TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        for name, text in corpora.items():
            parsed = ParsedDocument("text/plain", (Page(1, text),))
            chunks = list(chunk_document(parsed, encoder, Settings().chunk_tokens))
            store.put_document(name, 0, 0, name, parsed, chunks)
        while batch := store.pending_chunks(512):
            store.put_vectors([c.chunk_id for c in batch], cache.vectors([c.text for c in batch]))
        count = store.vector_count()
        return [
            _relevance(store, a.question, vector, encoder.pack_id, count)
            for a, vector in zip(asked, vectors, strict=True)
        ]


def _relevance(index: Store, question: str, vector: FloatArray, embedder: str, chunks: int) -> float:
    passages = HybridRetriever(index).search(question, vector, top_k=PASSAGES)
    coverage = index.term_coverage(question, [chunk for passage in passages for chunk in passage.chunk_ids])
    evidence = [Evidence(p.dense_score, max(coverage[chunk] for chunk in p.chunk_ids), p.text) for p in passages]
    return probability(relevance_features(question, evidence, embedder=embedder, library_chunks=chunks))


def report(encoder: Encoder) -> Iterator[str]:
    corpora = raw_corpora()
    cache = VectorCache(None, encoder)
    asked = questions(corpora)
    vectors = encoder.encode_queries([a.question for a in asked])
    with_answer = relevances(corpora, asked, vectors, encoder, cache)
    without_answer: list[float] = []
    threshold = Settings().relevance_threshold
    for missing in corpora:
        rows = [row for row, a in enumerate(asked) if a.corpus == missing]
        rest = {name: text for name, text in corpora.items() if name != missing}
        found = relevances(rest, [asked[row] for row in rows], vectors[rows], encoder, cache)
        without_answer += found
        wrongly = metrics.mean(float(with_answer[row] < threshold) for row in rows)
        rightly = metrics.mean(float(value < threshold) for value in found)
        yield f"{missing:20} {len(rows):4} questions: refused {wrongly:.3f} with the corpus, {rightly:.3f} without"
    values, answerable = with_answer + without_answer, [True] * len(with_answer) + [False] * len(without_answer)
    result = metrics.abstention(answerable, values, [value < threshold for value in values])
    error = metrics.expected_calibration_error(values, answerable)
    yield (
        f"all: AUROC {result.auroc:.3f}, “not found” precision {result.precision:.3f}, recall {result.recall:.3f},"
        f" wrongly refused {result.false_alarms:.3f}, calibration error {error:.3f} (half of the questions answerable)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--packs", type=Path, required=True, help="folder of built model packs")
    arguments = parser.parse_args()
    for line in report(open_encoder(find_pack(arguments.packs, "embedder"))):
        print(line, flush=True)  # noqa: T201 - this is what the benchmark is for


if __name__ == "__main__":
    main()
