"""Real libraries of the sets, made once and kept: embedding twenty thousand passages takes longer than all the rest."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.training.relevance.measuring import Encoder
from rag_core.index.store import Store
from rag_core.ingest.chunker import chunk_document
from rag_core.types import Chunk, Page, ParsedDocument

_CHUNK_TOKENS = 220
_EMBED_BATCH = 256


@dataclass(frozen=True, slots=True)
class Document:
    """A title ("" where there is none) and pages of text: page n of the library is `pages[n - 1]`."""

    title: str
    pages: tuple[str, ...]


def library_of(documents: Sequence[Document], kept: Path, encoder: Encoder) -> Store:
    """The documents as the program holds them, under `kept`; document number n has the id f"{n:064x}"."""
    what = json.dumps([encoder.pack_id, [(d.title, d.pages) for d in documents]], ensure_ascii=False)
    folder = kept / "libraries" / hashlib.sha256(what.encode()).hexdigest()[:16]
    if not folder.is_dir():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        _build(documents, partial, encoder)
        partial.rename(folder)
    return Store.open(folder, read_only=True)


def _build(documents: Sequence[Document], folder: Path, encoder: Encoder) -> None:
    with Store.open(folder) as store:
        for number, document in enumerate(documents):
            pages = tuple(Page(at, text) for at, text in enumerate(document.pages, start=1))
            parsed = ParsedDocument("text/plain", pages, document.title)
            store.put_document(f"/{number}.txt", 0, 0, f"{number:064x}", parsed, _chunks(pages, encoder))
        while batch := store.pending_chunks(_EMBED_BATCH):
            store.put_vectors([c.chunk_id for c in batch], encoder.encode_passages([c.text for c in batch]))
        store.save()


def _chunks(pages: Sequence[Page], encoder: Encoder) -> list[Chunk]:
    """Each page by itself, as the program would cut it."""
    chunks: list[Chunk] = []
    for page in pages:
        cut = list(chunk_document(ParsedDocument("text/plain", (page,)), encoder, _CHUNK_TOKENS))
        chunks += [replace(chunk, ordinal=len(chunks) + at) for at, chunk in enumerate(cut)]
    return chunks
