"""The `--json` contract of `search` and `ask`, version 1. A change of meaning is a new version.

Every key is always there; what is unknown is null. Offsets count Unicode code points of the page's stored text.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rag_core.types import Answer, Passage, SearchResult

VERSION = 1


def search_contract(result: SearchResult) -> dict[str, Any]:
    return {
        "version": VERSION,
        "query": result.query,
        "relevance": round(result.relevance, 4),
        "passages": [_passage(passage) for passage in result.passages],
        "timings_ms": _rounded(result.timings_ms),
        "providers": result.providers,
        "reasons": result.reasons,
        "notices": list(result.notices),
        "counts": result.counts,
    }


def answer_contract(answer: Answer) -> dict[str, Any]:
    return {
        "version": VERSION,
        "question": answer.question,
        "text": answer.text,
        "not_found": answer.not_found,
        "generated": answer.generated,
        "quote": asdict(answer.quote) if answer.quote else None,
        "relevance": round(answer.relevance, 4),
        "citations": [asdict(citation) for citation in answer.citations],
        "checks": [asdict(check) for check in answer.checks],
        "unsupported": [{"start": start, "end": end} for start, end in answer.unsupported],
        "passages": [_passage(passage) for passage in answer.passages],
        "timings_ms": _rounded(answer.timings_ms),
        "providers": answer.providers,
        "reasons": answer.reasons,
        "notices": list(answer.notices),
        "provenance": answer.provenance,
        "counts": answer.counts,
    }


def _passage(passage: Passage) -> dict[str, Any]:
    fields = asdict(passage)
    del fields["media_type"], fields["place"], fields["language"]  # no keys of version 1
    fields["headings"] = list(passage.headings)
    fields["chunk_ids"] = list(passage.chunk_ids)
    return fields


def _rounded(timings: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in timings.items()}
