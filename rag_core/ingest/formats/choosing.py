"""Which parser reads which file, and what is said about files that none reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from typing import cast

from rag_core.errors import UnsupportedDocument
from rag_core.ingest.formats import failures
from rag_core.ingest.formats.format import Format
from rag_core.ingest.formats.protocol import ParseLimits, Parser
from rag_core.ingest.formats.registry import by_magic, by_suffix
from rag_core.ingest.formats.source import Source
from rag_core.messages import say
from rag_core.types import ParsedDocument

_SURE = 0.65


def parser_of(one: Format) -> Parser:
    return cast(Parser, import_module(one.parser))


def best_format(source: Source, formats: Iterable[Format]) -> Format:
    """The format with the highest score. Raises DocumentUnreadable for encrypted Office files, UnsupportedDocument."""
    if "EncryptedPackage" in source.ole_names:
        raise failures.needs_password(source.path)
    scored = [(parser_of(one).score(source, source.suffix in one.suffixes), one) for one in formats]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    if best is None or score <= 0.0:
        raise _unsupported(source)
    if source.suffix in best.suffixes and not source.looks_like_text:
        return best  # what it should be and may be, if only in part: the parser says what is wrong with it
    # A text form of something that is not read yet (an e-mail, a Rich Text file) is not read as plain text.
    if score < _SURE and (by_suffix(source.suffix).name or by_magic(source.head).name):
        raise _unsupported(source)
    return best


def parse(source: Source, limits: ParseLimits, formats: Iterable[Format]) -> ParsedDocument:
    """Raises UserError subclasses. What the parser leaves unsaid is as the format has it."""
    own = best_format(source, formats)
    parsed = parser_of(own).parse(source, limits)
    place = parsed.place or own.place
    if place == "part" and len(parsed.pages) == 1:
        place = ""
    return replace(parsed, media_type=parsed.media_type or own.media_types[0], place=place)


def _unsupported(source: Source) -> UnsupportedDocument:
    named, kind = by_suffix(source.suffix), by_magic(source.head)
    name = source.path.name
    if named.name and (not kind.name or kind is named or kind.group == "archive"):
        message = say("kind-not-read-yet", name=name, kind=named.name, suffix=source.suffix)
    elif kind.name:
        message = say("kind-in-truth", name=name, kind=kind.name)
    elif named.parser:
        message = say("kind-not-as-named", name=name, suffix=source.suffix)
    else:
        message = say("kind-not-read", name=name)
    return UnsupportedDocument(message, say("save-as-readable"))
