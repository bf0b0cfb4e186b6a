"""What of the passages is worth a prompt's tokens, once a reader has read them.

A prompt costs time by its length, and a small model is led astray by all that does not answer. Where the reader is sure
of the answer, the sentence that holds it is enough, with the one before it, which says what "it" is; where it is not,
passages that do not answer are left out, and never more than half of what was found goes in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag_core.answer.focus import Piece, piece_before

# A passage that answers with a smaller probability, as a share of the best one's, is not worth reading.
_WORTH_READING = 0.1
_MOST = 0.5


def worth_reading(pieces: Sequence[Piece]) -> list[Piece]:
    """Of `pieces`, likeliest first, those that a prompt needs, in the order in which they are to go in.

    All of them where no reader has read the passages.
    """
    best = max((piece.passage.rerank_score or 0.0 for piece in pieces), default=0.0)
    if not best:
        return list(pieces)
    if pieces[0].is_sure:
        before = piece_before(pieces[0])
        return [pieces[0], *([before] if before else []), *(piece for piece in pieces[1:] if piece.is_sure)]
    return [piece for piece in pieces if (piece.passage.rerank_score or 0.0) >= _WORTH_READING * best]


def evidence_room(pieces: Sequence[Piece], most: int, count_tokens: Callable[[str], int]) -> int:
    """How many tokens the evidence may take: at most half of the passages where a reader has read them, else `most`."""
    passages = {id(piece.passage): piece.passage for piece in pieces}.values()
    if not any(passage.rerank_score for passage in passages):
        return most
    return min(most, max(1, int(_MOST * sum(count_tokens(passage.text) for passage in passages))))
