"""Pictures of pages that were drawn, the latest kept, up to so many bytes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtGui import QImage

from app.source.source_model import DrawnPage

MAX_BYTES = 96 * 1024**2


@dataclass(frozen=True, slots=True)
class PageBitmap:
    """An image over the bytes of the page that was drawn: nothing is copied."""

    image: QImage
    scale: float
    size_bytes: int


class PagePictures:
    """One picture a page, by its number. What was used longest ago goes first."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._pictures: OrderedDict[int, PageBitmap] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._pictures)

    def get(self, number: int) -> PageBitmap | None:
        found = self._pictures.get(number)
        if found is not None:
            self._pictures.move_to_end(number)
        return found

    def add(self, drawn: DrawnPage) -> None:
        page = drawn.image
        image = QImage(page.pixels, page.width_px, page.height_px, page.stride_bytes, QImage.Format.Format_RGB32)
        self._drop(page.number)
        self._pictures[page.number] = PageBitmap(image, drawn.scale, len(page.pixels))
        self.size_bytes += len(page.pixels)
        while self.size_bytes > self._max_bytes and len(self._pictures) > 1:
            self._drop(next(iter(self._pictures)))

    def clear(self) -> None:
        self._pictures.clear()
        self.size_bytes = 0

    def _drop(self, number: int) -> None:
        dropped = self._pictures.pop(number, None)
        if dropped is not None:
            self.size_bytes -= dropped.size_bytes
