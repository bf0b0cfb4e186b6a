"""Answers as text to be kept: JSON with the number of its form, so that an older program knows what it cannot read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from rag_core.ingest.formats.registry import format_of
from rag_core.messages import from_data, to_data
from rag_core.types import Answer, Citation, Filters, Passage, Quote, SentenceCheck

FORM = 1


class UnknownForm(ValueError):
    """The stored answer has a form that this program does not know, or is damaged."""


def answer_to_json(answer: Answer) -> str:
    """`answer_from_json` gives back an equal answer."""
    return _dumped({"form": FORM, **asdict(answer)})


def answer_from_json(text: str) -> Answer:
    """Raises UnknownForm."""
    try:
        stored = json.loads(text)
        if stored.pop("form") != FORM:
            raise UnknownForm("another form")
        return _answer(stored)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise UnknownForm(str(error)) from error


def filters_to_json(filters: Filters) -> str:
    """Empty where nothing is narrowed."""
    return _dumped(asdict(filters)) if filters else ""


def filters_from_json(text: str) -> Filters:
    """Raises UnknownForm."""
    if not text:
        return Filters()
    try:
        stored = json.loads(text)
        return Filters(**{**stored, "media_types": tuple(stored["media_types"])})
    except (ValueError, TypeError, LookupError) as error:
        raise UnknownForm(str(error)) from error


def _answer(stored: dict[str, Any]) -> Answer:
    stored["passages"] = tuple([_passage(passage) for passage in stored["passages"]])
    stored["citations"] = tuple([Citation(**citation) for citation in stored["citations"]])
    stored["unsupported"] = tuple([(start, end) for start, end in stored["unsupported"]])
    # Answers of older programs have none of these.
    stored["notices"] = tuple(map(from_data, stored.get("notices", ())))
    stored["reasons"] = {stage: from_data(reason) for stage, reason in stored.get("reasons", {}).items()}
    stored["checks"] = tuple([SentenceCheck(**check) for check in stored.get("checks", ())])
    stored["quote"] = None if stored["quote"] is None else Quote(**stored["quote"])
    return Answer(**stored)


def _passage(stored: dict[str, Any]) -> Passage:
    if "place" not in stored:  # of an older program
        place = format_of(stored["path"]).place
        stored["place"] = "" if place == "part" and stored["page"] == 1 else place
    stored["chunk_ids"] = tuple(stored["chunk_ids"])
    stored["headings"] = tuple(stored["headings"])
    return Passage(**stored)


def _dumped(value: dict[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=to_data)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, from a damaged file: it can be kept in writing only
        return json.dumps(value, separators=(",", ":"), default=to_data)
    return text
