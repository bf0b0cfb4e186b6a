"""The open libraries of the engine thread, and the one set of models that all of them use.

A library is open for reading once it has been asked, and for writing only while a job changes it: an idle window keeps
no one from adding documents on the command line, and while another process writes, questions are answered all the same.
The reader stays while there is a writer, since catching up with it is cheaper than loading the vectors again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag_core.engine import Engine
from rag_core.engine.models import Models
from rag_core.paths import DataDir
from rag_core.settings import Settings, Value

ModelsFactory = Callable[[DataDir, Settings], Models]


class Engines:
    """For one thread. `settings` are those of the file; where it is damaged, the defaults."""

    def __init__(self, data_dir: DataDir, make_models: ModelsFactory | None = None) -> None:
        self.data_dir = data_dir
        self._make_models = make_models or Models
        self.settings = Settings.in_use(data_dir.settings_file)
        self.models = self._make_models(data_dir, self.settings)
        self._readers: dict[str, Engine] = {}
        self._writers: dict[str, Engine] = {}
        self._jobs: Counter[Engine] = Counter()  # that are at work with each

    @contextmanager
    def reading(self, library: str) -> Iterator[Engine]:
        """An engine for questions: the writing one where the library is being changed, else one that locks nobody."""
        engine = self._writers.get(library) or self._readers.get(library)
        if engine is None:
            engine = self._readers[library] = self._open(library, read_only=True)
        with self._at_work(library, engine):
            yield engine

    @contextmanager
    def writing(self, library: str) -> Iterator[Engine]:
        """An engine that may change the library, or make it. Raises LibraryLocked when another process does."""
        engine = self._writers.get(library)
        if engine is None:
            engine = self._writers[library] = self._open(library, read_only=False)
        with self._at_work(library, engine):
            yield engine

    def apply(self, settings: Settings) -> None:
        """Use `settings` from the next job on. Models are opened again where another one, or place, is named."""
        if _choice(settings) != _choice(self.settings):
            self.models.close()
            self.models = self._make_models(self.data_dir, settings)
        self.settings = settings
        for library in {*self._readers, *self._writers}:
            self.refresh(library)

    def refresh(self, library: str) -> None:
        """The library's own settings have changed."""
        for engine in (self._readers.get(library), self._writers.get(library)):
            if engine is not None:
                engine.use(self.settings, self.models)

    def close_library(self, library: str) -> None:
        """Its files are about to move or go. Its jobs have ended."""
        for engines in (self._readers, self._writers):
            if (engine := engines.pop(library, None)) is not None:
                engine.close()

    def close(self) -> None:
        for library in {*self._readers, *self._writers}:
            self.close_library(library)
        self.models.close()

    @contextmanager
    def _at_work(self, library: str, engine: Engine) -> Iterator[None]:
        self._jobs[engine] += 1
        try:
            yield
        finally:
            self._jobs[engine] -= 1
            if not self._jobs[engine]:
                del self._jobs[engine]
                if self._writers.get(library) is engine:
                    del self._writers[library]
                    engine.close()

    def _open(self, library: str, read_only: bool) -> Engine:
        return Engine(self.data_dir, library, self.settings, read_only=read_only, models=self.models)


def _choice(settings: Settings) -> list[Value]:
    """What decides which models are open, and where."""
    return [getattr(settings, row.name) for row in settings.rows() if row.reopens_models]
