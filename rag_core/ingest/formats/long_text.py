"""The text of a text file, unless it is too long: that is found out without holding it in memory."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from rag_core.ingest.formats.failures import too_much_text
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.ingest.formats.text_encoding import decode, encoding_of

_STEP_BYTES = 1024**2
_MAX_BYTES_PER_CHAR = 4


def read_text(source: Source, limits: ParseLimits, declared: Callable[[bytes], str] = lambda _: "") -> str:
    """All of a text file; `declared` finds the encoding that it names itself. Raises DocumentUnreadable if it holds
    more than `max_text_chars` characters.

    No encoding has more characters than bytes, nor fewer than a quarter: only files in between are counted, piece by
    piece, up to the first character too many.
    """
    certain = source.size_bytes > _MAX_BYTES_PER_CHAR * limits.max_text_chars
    if certain or (source.size_bytes > limits.max_text_chars and _counts_beyond(source, limits)):
        raise too_much_text(source.path, limits.max_text_chars)
    data = source.read_bytes()
    return decode(data, declared(data))


def _counts_beyond(source: Source, limits: ParseLimits) -> bool:
    decoder = codecs.getincrementaldecoder(encoding_of(source.head))(errors="replace")
    source.file.seek(0)
    chars = 0
    while piece := source.file.read(_STEP_BYTES):
        chars += len(decoder.decode(piece))
        if chars > limits.max_text_chars:
            return True
    return False
