"""What a drawing child says: pictures are a line of JSON and their pixels.

What it is asked are the arguments of `Drawer.draw` after the path, pickled.
"""

from __future__ import annotations

import json

from rag_core.errors import UserError
from rag_core.process.error_wire import error_of, loaded
from rag_core.process.trouble import Trouble
from rag_core.types import PageImage

_BYTES_PER_PIXEL = 4


def packed_image(image: PageImage) -> bytes:
    head = json.dumps(["drawn", image.number, image.width_px, image.height_px, image.stride_bytes])
    return head.encode() + b"\n" + image.pixels


def unpacked_image(payload: bytes) -> PageImage | UserError | Trouble:
    """Raises ValueError, TypeError or LookupError for what no child of ours sends."""
    cut = payload.find(b"\n")
    message = loaded(payload if cut == -1 else payload[:cut])
    if message[0] != "drawn":
        return error_of(message)
    _, number, width_px, height_px, stride_bytes = (int(part) if index else part for index, part in enumerate(message))
    pixels = payload[cut + 1 :]
    if min(width_px, height_px) < 1 or stride_bytes < width_px * _BYTES_PER_PIXEL:
        raise ValueError("not a picture")
    if len(pixels) != stride_bytes * height_px:
        raise ValueError("the pixels are not all there")
    return PageImage(number, width_px, height_px, stride_bytes, pixels)
