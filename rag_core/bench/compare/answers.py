"""From answers to figures, and to what is compared of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from rag_core.bench.compare.hearing import Heard
from rag_core.bench.compare.records import Said
from rag_core.bench.workload import percentile
from rag_core.evaluate.metrics import mean
from rag_core.types import Answer, Passage

Answered = Sequence[tuple[Answer, Heard | None]]


def figures_of(answers: Answered) -> dict[str, float]:
    """Seconds per query, and the language model's rates: all tokens by all the time that they took. What took no time
    that could be measured is left out.
    """
    totals_s = [answer.timings_ms["total"] / 1000 for answer, _ in answers]
    stats = [heard.stats for _, heard in answers if heard is not None]
    computed = sum(stat.prompt_tokens - stat.reused_tokens for stat in stats)
    written = sum(max(0, stat.new_tokens - 1) for stat in stats)
    prefill_s = sum(stat.prefill_ms for stat in stats) / 1000
    decode_s = sum(stat.decode_ms for stat in stats) / 1000
    figures = {"query_mean_s": mean(totals_s), "query_p95_s": percentile(totals_s, 95)} if totals_s else {}
    if prefill_s > 0:
        figures["prefill_tokens_per_s"] = computed / prefill_s
        figures["first_token_s"] = mean(stat.time_to_first_token_ms / 1000 for stat in stats)
    if decode_s > 0 and written:
        figures["decode_tokens_per_s"] = written / decode_s
    return figures


def rerank_rate(answers: Sequence[Answer]) -> float:
    """Pairs per second, once answers tell both; else 0."""
    seconds = sum(answer.timings_ms.get("rerank", 0.0) for answer in answers) / 1000
    pairs = sum(answer.counts.get("reranked", 0) for answer in answers)
    return pairs / seconds if seconds > 0 else 0.0


def said_of(answer: Answer, heard: Heard | None) -> Said:
    by_rank = {passage.rank: passage for passage in answer.passages}
    cited = {_place(by_rank[citation.passage]) for citation in answer.citations if citation.passage in by_rank}
    prompt, pieces = (heard.prompt, tuple(heard.pieces)) if heard else ("", ())
    return Said(answer.question, answer.text, prompt, pieces, tuple(sorted(cited)))


def name_of(passage: Passage) -> str:
    """What a passage is called in all processes: its file, page and place on it."""
    return f"{_place(passage)}, {passage.char_start}"


def _place(passage: Passage) -> str:
    return f"{PurePath(passage.path).name}, page {passage.page}"
