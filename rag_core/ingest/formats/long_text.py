"""Whether a text file is too long, found out without holding it in memory."""

from __future__ import annotations

import codecs

from rag_core.ingest.formats.failures import too_much_text
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.ingest.formats.text_encoding import encoding_of

_STEP_BYTES = 1024**2
_MAX_BYTES_PER_CHAR = 4


def read_text_bytes(source: Source, limits: ParseLimits) -> bytes:
    """All bytes of a text file. Raises DocumentUnreadable if it holds more than `max_text_chars` characters.

    No encoding has more characters than bytes, nor fewer than a quarter: only files in between are counted, piece by
    piece, up to the first character too many.
    """
    certain = source.size_bytes > _MAX_BYTES_PER_CHAR * limits.max_text_chars
    if certain or (source.size_bytes > limits.max_text_chars and _counts_beyond(source, limits)):
        raise too_much_text(source.path, limits.max_text_chars)
    return source.read_bytes()


def _counts_beyond(source: Source, limits: ParseLimits) -> bool:
    decoder = codecs.getincrementaldecoder(encoding_of(source.head))(errors="replace")
    source.file.seek(0)
    chars = 0
    while piece := source.file.read(_STEP_BYTES):
        chars += len(decoder.decode(piece))
        if chars > limits.max_text_chars:
            return True
    return False
