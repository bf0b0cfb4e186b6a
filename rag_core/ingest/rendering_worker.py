"""The child process that draws pages of PDF files: it keeps the last documents open, and knows when they change."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag_core.errors import DocumentUnreadable
from rag_core.ingest.formats import failures
from rag_core.ingest.formats.source import open_source, system_path
from rag_core.ingest.rendering_wire import packed_image
from rag_core.messages import say
from rag_core.process.loop import Order, serve
from rag_core.types import PageImage

_KEPT_DOCUMENTS = 4
_KEPT_BYTES = 256 * 1024**2
_MAX_PIXELS = 40_000_000


@dataclass(slots=True)
class _Open:
    """An open document. `size_bytes` and `modified_ns` are the file's, when its content was last compared."""

    document: Any
    size_bytes: int
    modified_ns: int

    def is_still(self, path: Path) -> bool:
        try:
            facts = system_path(path).stat()
        except OSError:
            return False
        return (facts.st_size, facts.st_mtime_ns) == (self.size_bytes, self.modified_ns)


def main() -> None:
    """Serve until the parent goes away."""
    serve(_prepared)


def _prepared(max_file_bytes: int) -> Callable[[Order], bytes]:
    drawer = Drawer(max_file_bytes)
    return lambda order: packed_image(drawer.draw(order.path, *order.wanted))


@dataclass
class Drawer:
    """Draws in this process. Raises UserError subclasses."""

    max_file_bytes: int
    _open: dict[tuple[Path, str], _Open] = field(default_factory=dict, init=False)  # the latest used stands last

    def draw(self, path: Path, document_id: str, number: int, scale: float) -> PageImage:
        """See `PageRenderer.render`."""
        import pypdfium2

        document = self._opened(path, document_id)
        if not 1 <= number <= len(document):
            raise DocumentUnreadable(say("page-not-there", name=path.name, number=number), say("add-again-if-changed"))
        try:
            page = document[number - 1]
            with closing(page):
                return _drawn(page, number, scale)
        except pypdfium2.PdfiumError as error:
            raise DocumentUnreadable(say("page-damaged", name=path.name, number=number), say("text-is-here")) from error

    def close(self) -> None:
        for opened in self._open.values():
            opened.document.close()
        self._open.clear()

    def _opened(self, path: Path, document_id: str) -> Any:
        key = (path, document_id)
        opened = self._open.pop(key, None)
        if opened is not None and not opened.is_still(path):
            opened.document.close()
            opened = None
        if opened is None:
            opened = self._read(path, document_id)
        self._open[key] = opened
        self._make_room()
        return opened.document

    def _make_room(self) -> None:
        while len(self._open) > 1 and (
            len(self._open) > _KEPT_DOCUMENTS or sum(kept.size_bytes for kept in self._open.values()) > _KEPT_BYTES
        ):
            self._open.pop(next(iter(self._open))).document.close()

    def _read(self, path: Path, document_id: str) -> _Open:
        """The whole file in memory: nobody is kept from changing or deleting it, and it cannot change under us."""
        import pypdfium2

        with open_source(path, self.max_file_bytes) as source:
            data = source.read_bytes()
            if source.sha256() != document_id:
                raise DocumentUnreadable(say("changed-since-read", name=path.name), say("read-again-to-see"))
            try:
                document = pypdfium2.PdfDocument(data)
            except pypdfium2.PdfiumError as error:
                if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
                    raise failures.needs_password(path) from error
                raise DocumentUnreadable(say("pages-not-drawable", name=path.name), say("text-is-here")) from error
            document.init_forms()  # so that what was filled into a form is seen
            return _Open(document, source.size_bytes, source.modified_ns)


def _drawn(page: Any, number: int, scale: float) -> PageImage:
    width, height = page.get_size()
    if width <= 0 or height <= 0:
        raise DocumentUnreadable(say("page-without-size", number=number), say("text-is-here"))
    # A page of two metres at a high magnification would fill the memory: then with fewer pixels, and it says so.
    largest = math.sqrt(_MAX_PIXELS / (width * height))
    bitmap = page.render(scale=min(max(scale, 1 / max(width, height)), largest), prefer_bgrx=True, draw_annots=True)
    with closing(bitmap):
        return PageImage(number, bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
