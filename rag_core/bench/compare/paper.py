"""The figures to stand beside: Cheng & Lai, “Edge RAG”, arXiv 2606.11257, on a Dell XPS 13 9345 (Snapdragon X Elite).

Embedding, reranking and answering there: EmbeddingGemma-300M, Jina-reranker-v2 (278M) and Qwen3-4B-Instruct, on the NPU
and, with llama.cpp (Q4_K_M), on the CPU. They are theirs, of larger models: nothing of it was measured here.
"""

from __future__ import annotations

from rag_core.messages import Message, say

CITED = say("paper-cited")
# By our figure: on the NPU, on the CPU.
FIGURES: dict[str, tuple[float, float]] = {
    "embed_tokens_per_s": (3325, 367),
    "prefill_tokens_per_s": (786.7, 43.4),
    "first_token_s": (1.30, 24.77),
    "decode_tokens_per_s": (14.2, 8.2),
    "index_s": (711, 5648),
    "index_chunks_per_s": (round(9324 / 711, 2), round(9324 / 5648, 2)),
    "query_mean_s": (9.5, 38.0),
    "query_p95_s": (17.9, 69.6),
    "query_j": (315, 1251),
}
NOTES: dict[str, Message] = {
    "index_s": say("paper-filings"),
    "index_chunks_per_s": say("paper-passages"),
}
