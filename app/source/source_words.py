"""How the place in a document is called: a page, a slide, a sheet, a part."""

from __future__ import annotations

from pathlib import PurePath

from app.kit.text import tr
from app.source.source_model import SHEET_SUFFIXES, SLIDE_SUFFIXES, SourceModel

_ICONS = {
    ".pdf": "file-pdf",
    ".doc": "file-word",
    ".docx": "file-word",
    ".docm": "file-word",
    ".odt": "file-word",
    ".html": "file-web",
    ".htm": "file-web",
    ".xhtml": "file-web",
    ".mhtml": "file-web",
}


def icon_name_of(path: str) -> str:
    suffix = PurePath(path).suffix.lower()
    if suffix in SHEET_SUFFIXES:
        return "file-sheet"
    return _ICONS.get(suffix, "document" if suffix in SLIDE_SUFFIXES else "file-text")


def place_name(model: SourceModel) -> str:
    """ "Page 3 of 12", "Slide 4 of 20", "Sheet Prices, part 2 of 3"; "" where there is only one and it has no name."""
    info, total = model.info(model.number), len(model.pages)
    if info is None:
        return ""
    number, label = f"{model.number:,}", info.label
    suffix = PurePath(model.target.path).suffix.lower() if model.target else ""
    if model.kind == "sheet":
        return _sheet_name(model, label)
    if model.has_pictures or suffix == ".pdf":
        if label and label != str(info.number):
            return tr("Page {label} ({number} of {count})", label=label, number=number, count=f"{total:,}")
        return tr("Page {number} of {count}", number=number, count=f"{total:,}")
    if suffix in SLIDE_SUFFIXES:
        return tr("Slide {number} of {count}", number=number, count=f"{total:,}")
    if total > 1:
        return tr("Part {number} of {count}", number=number, count=f"{total:,}")
    return label


def _sheet_name(model: SourceModel, label: str) -> str:
    """A long sheet comes in several parts under one name."""
    total = len(model.pages)
    same = [page.number for page in model.pages if page.label == label]
    if not label:
        return tr("Part {number} of {count}", number=f"{model.number:,}", count=f"{total:,}") if total > 1 else ""
    if len(same) == 1:
        return tr("Sheet “{label}”", label=label)
    part = f"{same.index(model.number) + 1:,}"
    return tr("Sheet “{label}”, part {number} of {count}", label=label, number=part, count=f"{len(same):,}")
