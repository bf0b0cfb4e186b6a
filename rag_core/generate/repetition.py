"""Small models sometimes fall into a loop. Notice it early, but leave answers alone that list similar things."""

from __future__ import annotations

from collections.abc import Sequence

# The tail is a loop when its last tokens are one phrase several times over; short phrases need more repetitions
# ("....", "| - | - |" are normal), a phrase of this many tokens or more is a sentence.
_LONGEST_PHRASE = 48
_SENTENCE_TOKENS = 12


def is_looping(tokens: Sequence[int]) -> bool:
    """Whether `tokens` (what was generated so far) ends in a phrase that repeats itself without end in sight.

    Phrases of up to 3 tokens must stand there 10 times, up to 11 tokens 4 times, and whole sentences 3 times.
    """
    return any(_repetitions(tokens, size) >= _allowed(size) for size in range(1, _LONGEST_PHRASE + 1))


def _allowed(size: int) -> int:
    if size >= _SENTENCE_TOKENS:
        return 3
    return 4 if size > 3 else 10


def _repetitions(tokens: Sequence[int], size: int) -> int:
    """How many times the last `size` tokens stand in a row at the end."""
    at, count = len(tokens) - size, 1
    if at < 0:
        return 0
    phrase = tokens[at:]
    while at >= size and tokens[at - size : at] == phrase:
        at -= size
        count += 1
    return count
