"""Pictures of pages: drawn by a child process that stays while pages are turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_core.host.jobs import Job, RenderPage
from rag_core.host.lane import Work
from rag_core.paths import DataDir
from rag_core.progress import CancelToken
from rag_core.settings import Settings

if TYPE_CHECKING:
    from rag_core.ingest.rendering import PageRenderer


class Pictures:
    """For one thread."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._renderer: PageRenderer | None = None

    def begin(self, job: Job, token: CancelToken) -> Work:
        """The work of a `RenderPage`."""
        yield from ()
        if not isinstance(job, RenderPage):
            raise TypeError(f"{type(job).__name__} draws no page")
        if self._renderer is None:
            from rag_core.ingest.rendering import PageRenderer

            self._renderer = PageRenderer(Settings.in_use(self._data_dir.settings_file))
        return self._renderer.render(job.path, job.document_id, job.number, job.scale, token)

    def close(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
