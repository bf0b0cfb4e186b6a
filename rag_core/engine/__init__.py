"""The engine: one library and its models behind one typed interface. The command line and the window are made of it.

    with Engine(DataDir.choose(), "default") as engine:
        for step in engine.add([Path("~/Contracts")]):
            print(step)
        for event in engine.ask("How long is the notice period?"):
            ...

Long work is a generator: each `yield` is a place to stop, and stopping loses nothing. An engine belongs to one thread.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from rag_core.answer.conversation import search_query
from rag_core.engine import adding, asking, checking, searching, suited
from rag_core.engine.embedding import embed_pending
from rag_core.engine.health import Check, check_library
from rag_core.engine.models import Models
from rag_core.engine.workspace import Workspace
from rag_core.library import left_out
from rag_core.library.library import Library
from rag_core.paths import DataDir
from rag_core.progress import CancelToken, run_to_end
from rag_core.settings import InEffect, Settings
from rag_core.types import (
    AddReport,
    AddStep,
    Answer,
    AskEvent,
    ChatMessage,
    Document,
    Filters,
    Page,
    Passage,
    SearchResult,
    SentenceCheck,
)


class Engine:
    """Everything that can be done with one library.

    `settings` hold where the library is not set to something else, and `overrides`, by name, hold over both.
    `read_only` opens an existing library for questions only: it never creates one, and works while another process
    adds documents. Raises UserError for a name that is no folder name; LibraryLocked when another process is writing;
    LibraryTooNew; IndexMismatch when the library's vectors were made by another embedder (`add(..., rebuild=True)`).
    `models` that are given are shared: whoever made them closes them.
    """

    def __init__(
        self,
        data_dir: DataDir,
        library: str = "default",
        settings: Settings | None = None,
        *,
        overrides: Mapping[str, Any] | None = None,
        read_only: bool = False,
        models: Models | None = None,
    ) -> None:
        self.library = Library(data_dir, library, settings, overrides, read_only=read_only)
        self.settings = self.library.settings
        self._opened = ExitStack()
        self._opened.callback(self.library.close)
        if models is None:
            models = Models(data_dir, self.settings)
            self._opened.callback(models.close)
        self._work = Workspace(self.library.store, models, self.settings, data_dir.reports)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back files, locks and the engine's own models. Safe to call twice."""
        self._opened.close()

    def use(self, settings: Settings, models: Models) -> None:
        """Go on with other general settings and shared models, and with what the library is set to now. Work that has
        begun ends with those that it began with.
        """
        self.library.general = settings
        self.settings = self.library.settings
        self._work = replace(self._work, settings=self.settings, models=models)

    def in_effect(self) -> InEffect:
        """What the settings that were left to Alcove come to for this library, on this machine."""
        return suited.in_effect_here(self._work)

    def add(
        self,
        paths: Sequence[Path],
        *,
        retry: bool = False,
        reread: bool = False,
        embed: bool = True,
        rebuild: bool = False,
    ) -> Generator[AddStep, None, AddReport]:
        """Bring the library in line with files and folders; then compute missing vectors unless `embed` is False.

        `retry` reads files again that failed before, `reread` all of them; `rebuild` makes every vector again, and
        reads all documents of the library again where they were cut in another way. What was removed from the library
        stays out, unless it is named itself. Raises StorageFull, PackMissing.
        """
        started = time.perf_counter()
        store, identity = self._work.store, self._work.identity
        cuts_anew = rebuild and "chunker_version" in store.identity_differences(identity)
        if cuts_anew:
            paths, reread = [*paths, *map(Path, store.known_files())], True
        elif rebuild:
            store.rebuild_for(identity)
        else:
            store.require_identity(identity)
        still_out = left_out.take_in(self.library, paths)
        report = yield from adding.add(paths, self._work, still_out, retry=retry, reread=reread)
        if cuts_anew:
            store.rebuild_for(identity)  # not before all are cut as they are now: until then a rebuild begins anew
        if embed:
            yield from embed_pending(self._work)
        return replace(report, elapsed_ms=(time.perf_counter() - started) * 1000)

    def remove(self, paths: Sequence[Path]) -> list[str]:
        """Forget files, or all below folders; returns the stored paths. Adding a folder around them does not bring them
        back. Raises UserError for a path not in here.
        """
        chosen = adding.stored_below(paths, self._work.store.known_files())
        left_out.leave_out(self.library, paths)
        self._work.store.remove_paths(chosen)
        return chosen

    def documents(self) -> list[Document]:
        return self._work.store.documents()

    def page(self, document_id: str, number: int) -> Page:
        """The stored text of a page, with its boxes: what citations point into."""
        return self._work.store.page(document_id, number)

    def search(
        self,
        query: str,
        *,
        history: Sequence[ChatMessage] = (),
        filters: Filters | None = None,
        top_k: int | None = None,
        read: bool = True,
    ) -> SearchResult:
        """The `top_k` best passages. Works by words alone while vectors are still missing, and says so; without
        `read`, without the reader.
        """
        question = search_query(query, history)
        limit, chosen = top_k or self.in_effect().top_k, filters or Filters()
        language = searching.language_asked(query, history, self._work)
        result, _ = searching.search(question, language, chosen, self._work, limit, read=read, asked_now=query)
        return result

    def ask(
        self,
        question: str,
        *,
        history: Sequence[ChatMessage] = (),
        filters: Filters | None = None,
        cancel: CancelToken | None = None,
        read: bool = True,
    ) -> Generator[AskEvent, None, Answer]:
        """Passages at once, then the quote, the answer as it streams, then the whole `Answer`. Without `read` nothing
        is read closely or checked by the reader. Raises PackMissing, Cancelled.
        """
        return asking.ask(question, history, filters or Filters(), self._work, cancel or CancelToken(), read=read)

    def answer(
        self,
        question: str,
        *,
        history: Sequence[ChatMessage] = (),
        filters: Filters | None = None,
        read: bool = True,
    ) -> Answer:
        """`ask` for callers that do not stream: the finished answer."""
        return run_to_end(self.ask(question, history=history, filters=filters, read=read))

    def check(self, question: str, sentences: Sequence[str], passages: Sequence[Passage]) -> list[SentenceCheck]:
        """Whether the passages support each sentence, as it is judged for the sentences of an answer to `question`."""
        return checking.check(question, sentences, passages, self._work)

    def health(self) -> list[Check]:
        """What `doctor` says of this library: counts, orphans, and where each stage really runs."""
        return list(check_library(self._work))


__all__ = ["AddStep", "Check", "Engine", "Workspace"]
