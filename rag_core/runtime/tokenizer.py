"""Any `tokenizer.json`, for two uses: ids that a model takes, and where the tokens lie in a text.

Holds no mode: truncation is done per call, so that encoding (cut at the model's limit) and counting (never cut) can use
one object from several threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_core.errors import PackCorrupt
from rag_core.messages import say

TokenIds = npt.NDArray[np.int64]

# A token costs some 200 bytes inside the tokenizer, so a text of many megabytes is read in pieces of this size.
_PIECE_CHARS = 1 << 16
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's own tokens, without special ones: `ids` (tokens,), and where each lies: characters, (tokens, 2)."""

    ids: TokenIds
    offsets: npt.NDArray[np.int32]


class PackTokenizer:
    """The tokenizer of a pack. Raises PackCorrupt when the file is not one that the library reads."""

    def __init__(self, path: Path) -> None:
        import tokenizers

        self._path = path
        raw = path.read_bytes()
        try:
            self._tokenizer = tokenizers.Tokenizer.from_buffer(raw)
        except (ValueError, TypeError) as error:
            raise PackCorrupt(
                say("tokenizer-unreadable", path=str(path), error=str(error)), say("make-pack-again")
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._special_tokens = int(self._tokenizer.num_special_tokens_to_add(False))

    def encode_batch(self, texts: Sequence[str], max_tokens: int) -> list[TokenIds]:
        """Ids with the model's special tokens, at most `max_tokens` per text; int64, shape (tokens,)."""
        keep = max(1, max_tokens - self._special_tokens)
        clean = [_encodable(text) for text in texts]
        ids = []
        for encoding in self._tokenizer.encode_batch_fast(clean, add_special_tokens=False):
            encoding.truncate(keep)
            ids.append(np.array(self._tokenizer.post_process(encoding).ids, np.int64))
        return ids

    def tokens_batch(self, texts: Sequence[str], max_chars: int) -> list[Tokens]:
        """The tokens of each text's first `max_chars` characters, special tokens left out."""
        clean = [_encodable(text[:max_chars]) for text in texts]
        return [
            Tokens(np.array(encoding.ids, np.int64), np.array(encoding.offsets, np.int32).reshape(-1, 2))
            for encoding in self._tokenizer.encode_batch(clean, add_special_tokens=False)
        ]

    def special(self, token: str) -> int:
        """The id of a special token. Raises PackCorrupt where there is none of that name."""
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise PackCorrupt(say("tokenizer-without-token", path=str(self._path), token=token), say("make-pack-again"))
        return int(found)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Character ranges of all tokens of `text`, special ones left out. See `model_protocols.TokenCounter`."""
        spans: list[tuple[int, int]] = []
        clean = _encodable(text)
        for start, end in _pieces(clean):
            encoding = self._tokenizer.encode(clean[start:end], add_special_tokens=False)
            spans.extend((start + a, start + b) for a, b in encoding.offsets if a < b)
        return spans

    def vocabulary(self) -> list[str]:
        """Every token, by id."""
        ids: dict[str, int] = self._tokenizer.get_vocab(with_added_tokens=True)
        return sorted(ids, key=ids.__getitem__)


def _encodable(text: str) -> str:
    """Half of a surrogate pair cannot be written as UTF-8; one question mark for each keeps the offsets."""
    return text if text.isascii() else _SURROGATES.sub("?", text)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Cut before white space (many tokenizers glue it to the next word), or anywhere when there is none near."""
    start = 0
    while len(text) - start > _PIECE_CHARS:
        end = start + _PIECE_CHARS
        cut = max(text.rfind(" ", start + _PIECE_CHARS // 2, end), text.rfind("\n", start + _PIECE_CHARS // 2, end))
        end = cut if cut > 0 else end
        yield start, end
        start = end
    if start < len(text):
        yield start, len(text)
