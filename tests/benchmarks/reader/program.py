"""The program itself, asked without its command line: its models on the processor, its way of searching."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rag_core.engine.models import Models
from rag_core.engine.searching import search
from rag_core.engine.workspace import Workspace
from rag_core.index.store import Store
from rag_core.paths import DataDir
from rag_core.progress import CancelToken
from rag_core.read.opening import open_reader
from rag_core.read.reader import Reader
from rag_core.runtime.pack import find_pack
from rag_core.settings import Settings
from rag_core.stages import EMBED, GENERATE, READ, Stage
from rag_core.text.language import language_of
from rag_core.types import Filters, Reading, SearchResult, StoredChunk


class Listened:
    """A reader that remembers what it said of the last texts, and how many it was given and read in all."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.pack_id, self.placement = reader.pack_id, reader.placement
        self.said: dict[str, Reading] = {}
        self.given, self.was_read = 0, 0

    def read(
        self, question: str, texts: Sequence[tuple[str, str]], cancel: CancelToken | None = None
    ) -> list[Reading | None]:
        readings = self._reader.read(question, texts, cancel)
        told = zip(texts, readings, strict=True)
        self.said = {text: reading for (_, text), reading in told if reading is not None}
        self.given += len(texts)
        self.was_read += len(self.said)
        return readings

    def support(self, pairs: Sequence[tuple[str, str]], cancel: CancelToken | None = None) -> list[float]:
        return self._reader.support(pairs, cancel)


class Program:
    """Searches libraries as the engine does. `time_ms` is what it may read for; infinite reads until it is clear."""

    def __init__(self, data_dir: DataDir, time_ms: float) -> None:
        self.settings = Settings(execution_provider="cpu")
        self.data_dir = data_dir
        self.reader = open_reader(find_pack(data_dir.packs, "reader"), time_ms=time_ms)
        self.listened = Listened(self.reader)
        read: Stage[Any] = READ
        listening = replace(read, make=lambda _pack, _places: self.listened)
        self.models = Models(data_dir, self.settings, (EMBED, listening, GENERATE))
        self.encoder = self.models[EMBED].model

    def search(self, question: str, index: Store, top_k: int) -> SearchResult:
        """The passages in their final order, and how likely the program thinks an answer is."""
        self.listened.said = {}
        work = Workspace(index, self.models, self.settings, self.data_dir.reports)
        return search(question, language_of(question), Filters(), work, top_k)[0]

    def relevance_of(self, chunks: Sequence[StoredChunk]) -> dict[int, float]:
        """What the reader said of these chunks in the last search; those that it did not read are left out."""
        said = self.listened.said
        return {chunk.chunk_id: said[chunk.text].relevance for chunk in chunks if chunk.text in said}


@contextmanager
def open_program(packs: Path, time_ms: float) -> Iterator[Program]:
    """`packs` is a folder of built packs; it is only read."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "packs").symlink_to(packs.resolve(), target_is_directory=True)
        program = Program(DataDir(root), time_ms)
        try:
            yield program
        finally:
            program.models.close()
