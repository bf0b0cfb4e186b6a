"""Pictures of pages: what is boxed on them is what was found, and no file harms the program."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import pytest

from rag_core.errors import Cancelled, DocumentUnreadable
from rag_core.ingest.rendering import PageRenderer
from rag_core.ingest.rendering_wire import packed_image, unpacked_image
from rag_core.ingest.rendering_worker import Drawer
from rag_core.paths import SAMPLES
from rag_core.progress import CancelToken
from rag_core.settings import Settings
from rag_core.types import LineBox, Page, PageImage
from tests.ingest.formats import samples
from tests.ingest.reading_here import parse_file

HANDBOOK = SAMPLES / "office-handbook.pdf"
WORDS = [(300.0, 500.0, 24.0, "Hxgpd")]


@pytest.fixture
def renderer() -> Iterator[PageRenderer]:
    before = set(psutil.Process().children(recursive=True))
    with PageRenderer() as one:
        yield one
    assert not set(psutil.Process().children(recursive=True)) - before


def identity(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def dark(image: PageImage) -> npt.NDArray[np.bool_]:
    """Where the picture has dark pixels: [row, column]."""
    rows = np.frombuffer(image.pixels, dtype=np.uint8).reshape(image.height_px, image.stride_bytes)
    pixels = rows[:, : image.width_px * 4].reshape(image.height_px, image.width_px, 4)
    return np.asarray(pixels[:, :, :3].max(axis=2) < 128)


def boxed(image: PageImage, box: LineBox, page: Page, margin_px: int = 0) -> tuple[slice, slice]:
    scale = image.width_px / page.width
    top, bottom = int(box.y0 * scale) - margin_px, int(np.ceil(box.y1 * scale)) + margin_px
    left, right = int(box.x0 * scale) - margin_px, int(np.ceil(box.x1 * scale)) + margin_px
    return slice(max(top, 0), bottom), slice(max(left, 0), right)


def refusal(renderer: PageRenderer, path: Path, document_id: str, number: int = 1) -> DocumentUnreadable:
    with pytest.raises(DocumentUnreadable) as caught:
        renderer.render(path, document_id, number, 1.0)
    assert caught.value.advice
    return caught.value


def test_every_line_of_the_handbook_is_under_its_box(renderer: PageRenderer) -> None:
    pages = parse_file(HANDBOOK).pages
    for page in pages[:3]:
        image = renderer.render(HANDBOOK, identity(HANDBOOK), page.number, 2.0)
        assert (image.number, image.width_px, image.height_px) == (
            page.number, int(np.ceil(page.width * 2)), int(np.ceil(page.height * 2))
        )  # fmt: skip
        ink = dark(image)
        for line in page.lines:
            assert ink[boxed(image, line, page)].any(), page.text[line.start : line.end]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("cropped", [False, True])
def test_the_box_fits_on_a_turned_and_cropped_page(
    renderer: PageRenderer, tmp_path: Path, rotation: int, cropped: bool
) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(turned(samples.pdf([WORDS]), rotation, cropped))
    (page,) = parse_file(path).pages
    image = renderer.render(path, identity(path), 1, 2.0)
    ink = dark(image)
    (line,) = page.lines
    rest = ink.copy()
    rest[boxed(image, line, page, margin_px=2)] = False
    assert ink[boxed(image, line, page)].sum() > 200
    assert not rest.any()
    short, long = (300.0, 500.0) if cropped else (595.0, 842.0)
    assert (page.width, page.height) == ((short, long) if rotation % 180 == 0 else (long, short))


def turned(data: bytes, rotation: int, cropped: bool) -> bytes:
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import RectangleObject

    writer = PdfWriter()
    page = writer.add_page(PdfReader(io.BytesIO(data)).pages[0])
    if cropped:
        page.mediabox = RectangleObject((-50.0, -20.0, 595.0, 842.0))
        page.cropbox = RectangleObject((200.0, 100.0, 500.0, 600.0))
    page.rotate(rotation)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_huge_picture_is_made_with_fewer_pixels() -> None:
    drawer = Drawer(2**30)
    try:
        image = drawer.draw(HANDBOOK, identity(HANDBOOK), 1, 1000.0)
        assert 39_000_000 < image.width_px * image.height_px < 40_100_000
        assert image.height_px / image.width_px == pytest.approx(842 / 595, rel=0.01)
        assert len(image.pixels) == image.stride_bytes * image.height_px
        assert drawer.draw(HANDBOOK, identity(HANDBOOK), 1, 0.0).width_px == 1
    finally:
        drawer.close()


def test_a_file_that_changed_is_not_shown_as_what_it_was(renderer: PageRenderer, tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(samples.pdf([WORDS]))
    before = identity(path)
    renderer.render(path, before, 1, 1.0)
    os.utime(path, ns=(1, 1))  # only its time
    renderer.render(path, before, 1, 1.0)
    path.write_bytes(samples.pdf([[(300.0, 500.0, 24.0, "Other")]]))
    assert "changed since it was read" in str(refusal(renderer, path, before).message)
    assert renderer.render(path, identity(path), 1, 1.0).width_px == 595
    path.unlink()
    assert "not there any more" in str(refusal(renderer, path, before).message)


def test_files_that_cannot_be_drawn_say_why(renderer: PageRenderer, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("Good text.")
    assert "not a PDF" in str(refusal(renderer, text, identity(text)).message)
    path = tmp_path / "page.pdf"
    path.write_bytes(samples.pdf([WORDS]))
    assert "no page 2" in str(refusal(renderer, path, identity(path), 2).message)
    assert "no page 0" in str(refusal(renderer, path, identity(path), 0).message)
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(encrypted(path.read_bytes()))
    assert "password" in str(refusal(renderer, locked, identity(locked)).message)
    assert renderer.render(path, identity(path), 1, 1.0).number == 1  # and nothing else is the worse for it


def encrypted(data: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_child_that_dies_costs_one_picture(renderer: PageRenderer, tmp_path: Path) -> None:
    renderer.render(HANDBOOK, identity(HANDBOOK), 1, 1.0)
    (child,) = psutil.Process().children()
    child.kill()
    child.wait()
    assert renderer.render(HANDBOOK, identity(HANDBOOK), 2, 1.0).number == 2


def test_a_picture_that_nobody_waits_for_is_given_up(renderer: PageRenderer, tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    assert renderer.render(HANDBOOK, identity(HANDBOOK), 1, 1.0, cancel).number == 1  # it was nearly there
    (child,) = psutil.Process().children()
    child.suspend()
    with pytest.raises(Cancelled):
        renderer.render(HANDBOOK, identity(HANDBOOK), 1, 1.0, cancel)
    assert not child.is_running()
    assert renderer.render(HANDBOOK, identity(HANDBOOK), 1, 1.0).number == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the system limits the memory of children here only")
def test_too_little_memory_is_said_in_plain_words() -> None:
    with PageRenderer(Settings(parse_memory_bytes=200 * 1024**2)) as renderer:
        with pytest.raises(DocumentUnreadable):
            renderer.render(HANDBOOK, identity(HANDBOOK), 1, 1000.0)
        assert renderer.render(HANDBOOK, identity(HANDBOOK), 1, 1.0).number == 1


def test_many_documents_do_not_pile_up(tmp_path: Path) -> None:
    drawer = Drawer(2**30)
    paths = [tmp_path / f"{number}.pdf" for number in range(8)]
    try:
        for path in paths:
            path.write_bytes(samples.pdf([WORDS], title=path.name))
            drawer.draw(path, identity(path), 1, 1.0)
        assert [path for path, _ in drawer._open] == paths[-4:]
    finally:
        drawer.close()


def test_a_picture_crosses_the_pipe_as_it_is() -> None:
    image = PageImage(3, 2, 1, 12, bytes(range(10, 22)))
    assert unpacked_image(packed_image(image)) == image


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[]", b'["drawn"]', b'["drawn",1,2,1,12]\nxx', b'["drawn",1,2,1,4]\nxxxx', b'["drawn",1,-2,1,12]\n'],
)
def test_nonsense_is_no_picture(payload: bytes) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        unpacked_image(payload)
