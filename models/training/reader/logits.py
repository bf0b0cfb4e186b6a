"""What a reader's graph says, in logits, kept between runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from rag_core.read.decoding import Judgement
from rag_core.read.reader import Reader
from rag_core.runtime.pack import Pack


class Judging(Protocol):
    """A reader that gives its logits."""

    def judge(self, words: Sequence[tuple[str, str, str]]) -> list[Judgement]: ...


class Logits:
    """What a graph says of (question, subject, text), kept by the hash of the graph: a question's time is all there."""

    def __init__(self, path: Path, reader: Judging) -> None:
        self._path = path
        self._reader = reader
        self._known: dict[str, Judgement] = {}
        if path.exists():
            with np.load(path) as stored:
                for key, row in zip(stored["keys"].tolist(), stored["rows"].tolist(), strict=True):
                    relevance, support, no_answer, best, start, end = row
                    span = (int(start), int(end)) if start >= 0 else None
                    self._known[key] = Judgement(relevance, support, no_answer, best, span)

    def of(self, words: Sequence[tuple[str, str, str]]) -> list[Judgement]:
        missing = [one for one in dict.fromkeys(words) if _key(one) not in self._known]
        for one, judgement in zip(missing, self._reader.judge(missing), strict=True):
            self._known[_key(one)] = judgement
        return [self._known[_key(one)] for one in words]

    def save(self) -> None:
        said = self._known.values()
        rows = [(s.relevance, s.support, s.no_answer, s.best, *(s.span or (-1, -1))) for s in said]
        np.savez_compressed(self._path, keys=np.array(list(self._known)), rows=np.array(rows, np.float64))


def _key(words: tuple[str, str, str]) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:24]


def graph_sha256(pack: Pack, reader: Reader) -> str:
    path = reader.placement.opened().graphs[0].path
    return next(file.sha256 for file in pack.manifest.files if file.path == path)
