"""Texts of any length on the processor: unpadded runs, several at a time, each on one thread.

That is as fast as large padded batches (the work of one text fits into the processor's cache, and no thread waits for
another inside an operator), and what comes of a text does not depend on what it is run with.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def equal_lengths(lengths: Sequence[int], run_tokens: int) -> list[list[int]]:
    """Rows that can share a run of about `run_tokens` without padding, longest first: the threads finish together."""
    runs: list[list[int]] = []
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    for length, rows in itertools.groupby(order, key=lambda row: lengths[row]):
        size = max(1, run_tokens // max(1, length))
        same = list(rows)
        runs += [same[at : at + size] for at in range(0, len(same), size)]
    return runs


def in_parallel(
    run: Callable[[Item], Result], work: Sequence[Item], threads: int, name: str
) -> Generator[Result, None, None]:
    """Do all `work`, begun in its order, yielding what comes. At most two items per thread are begun before the caller
    asks for more. `name` is that of the threads.
    """
    if threads == 1 or len(work) < 2:
        yield from map(run, work)
        return
    with ThreadPoolExecutor(threads, name) as executor:
        queue = iter(work)
        pending: set[Future[Result]] = {executor.submit(run, item) for item in itertools.islice(queue, 2 * threads)}
        try:
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                pending |= {executor.submit(run, item) for item in itertools.islice(queue, len(finished))}
                yield from (future.result() for future in finished)
        finally:
            for future in pending:
                future.cancel()
