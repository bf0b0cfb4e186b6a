"""The keyword index: FTS5 with BM25 over two columns, `heading` (title and headings) and `body`.

Questions are OR queries of quoted words, so nothing in a question is ever query syntax. Very common words cost time and
tell little: words are taken from rare to common until their postings reach a budget, which bounds the time of a search
whatever the library's size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag_core.storage.connection import Connection
from rag_core.text.search_tokens import Term, index_text, question_terms

HEADING_WEIGHT = 1.5
# Postings that one question may visit. Over 100,000 chunks: 16,000 cost 0.010 nDCG@10, 24,000 cost 0.003 (and a third
# of the time is saved) against no bound. No more are counted of a word, either.
POSTINGS_BUDGET = 24_000
_COUNT_CAP = POSTINGS_BUDGET + 1
# A pasted page is not a question: only its first words are looked for.
_MAX_TERMS = 64
_LARGE_SCOPE = 0.05
_OVERFETCH = 20

Ids = npt.NDArray[np.int64]


def lexical_row(title: str, headings: Sequence[str], text: str) -> tuple[str, str]:
    """The two columns of a chunk. Removal must give FTS5 exactly what insertion gave it, so this is the one place."""
    return index_text(" ".join((title, *headings))), index_text(text)


def insert_rows(connection: Connection, rows: Sequence[tuple[int, str, str]]) -> None:
    """Add (chunk id, heading, body)."""
    connection.executemany("INSERT INTO lexical(rowid, heading, body) VALUES (?, ?, ?)", rows)


def delete_rows(connection: Connection, rows: Sequence[tuple[int, str, str]]) -> None:
    connection.executemany("INSERT INTO lexical(lexical, rowid, heading, body) VALUES ('delete', ?, ?, ?)", rows)


class LexicalSearch:
    """Searches over one connection. Remembers how common words are, for as long as the library stays as it is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counts: dict[str, int] = {}
        self._state: tuple[int, int] = (-1, -1)
        self._chunks = 0

    def search(self, question: str, limit: int, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """(chunk id, BM25) of the best `limit` chunks, best first; higher is better.

        `allowed` (chunk ids, ascending) narrows the search.
        """
        terms = self._affordable(question)
        if not terms or limit < 1:
            return []
        match = " OR ".join(term.match for term in terms)
        if allowed is None:
            return self._best(match, limit)
        if allowed.size > _LARGE_SCOPE * self._chunks:
            # Most of the best are allowed: picking them out is much cheaper than telling SQLite what is.
            best = self._best(match, limit * _OVERFETCH)
            passing = [(chunk, score) for (chunk, score), ok in zip(best, _among(best, allowed), strict=True) if ok]
            if len(passing) >= limit or len(best) < limit * _OVERFETCH:
                return passing[:limit]
        return self._best(match, limit, allowed)

    def _best(self, match: str, limit: int, allowed: Ids | None = None) -> list[tuple[int, float]]:
        # The plus keeps SQLite from asking FTS5 again for every single id, which takes seconds.
        scope = "" if allowed is None else "AND +rowid IN (SELECT value FROM json_each(?))"
        arguments = () if allowed is None else (json.dumps(allowed.tolist()),)
        # Sorting by the function, not by FTS5's `rank` column, is three times faster here: SQLite keeps only the best.
        rows = self._connection.execute(
            f"SELECT rowid, -bm25(lexical, {HEADING_WEIGHT}, 1.0) AS lexical_score FROM lexical"
            f" WHERE lexical MATCH ? {scope} ORDER BY lexical_score DESC LIMIT ?",
            (match, *arguments, limit),
        )
        return [(int(chunk), float(lexical_score)) for chunk, lexical_score in rows]

    def term_coverage(self, question: str, chunk_ids: Sequence[int]) -> dict[int, float]:
        """Which share of the question's content words each chunk holds, weighted by their rarity; 0..1.

        A word that no chunk of the library holds counts as the rarest. Without any content word every share is 0.
        """
        coverage = dict.fromkeys(chunk_ids, 0.0)
        terms = _content(question_terms(question))
        self._forget_if_changed()
        weights = {term: self._idf(term) for term in terms}
        total = sum(weights.values())
        if not total:
            return coverage
        wanted = json.dumps(list(coverage))
        for term, weight in weights.items():
            rows = self._connection.execute(
                "SELECT rowid FROM lexical WHERE lexical MATCH ? AND rowid IN (SELECT value FROM json_each(?))",
                (term.match, wanted),
            )
            for (chunk,) in rows:
                coverage[chunk] += weight / total
        return coverage

    def _affordable(self, question: str) -> list[Term]:
        self._forget_if_changed()
        terms = [(self._count(term), term) for term in _content(question_terms(question))]
        chosen: list[Term] = []
        visited = 0
        for count, term in sorted(terms, key=lambda pair: pair[0]):
            if count and (not chosen or visited + count <= POSTINGS_BUDGET):
                chosen.append(term)
                visited += count
        return chosen

    def _count(self, term: Term) -> int:
        """In how many chunks the word stands, counted up to a cap."""
        if term.match not in self._counts:
            row = self._connection.execute(
                "SELECT count(*) FROM (SELECT 1 FROM lexical WHERE lexical MATCH ? LIMIT ?)", (term.match, _COUNT_CAP)
            ).fetchone()
            self._counts[term.match] = int(row[0])
        return self._counts[term.match]

    def _idf(self, term: Term) -> float:
        count = self._count(term)
        return math.log1p((self._chunks - count + 0.5) / (count + 0.5)) if count <= self._chunks else 0.0

    def _forget_if_changed(self) -> None:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()  # changes of other processes
        state = (int(version), int(self._connection.total_changes))
        if state != self._state:
            self._state = state
            self._counts.clear()
            (self._chunks,) = self._connection.execute("SELECT count(*) FROM lexical_docsize").fetchone()


def _among(results: Sequence[tuple[int, float]], allowed: Ids) -> list[bool]:
    found: list[bool] = np.isin([chunk for chunk, _ in results], allowed).tolist()
    return found


def _content(terms: Sequence[Term]) -> list[Term]:
    strong = [term for term in terms if not term.weak]
    return (strong or list(terms))[:_MAX_TERMS]
