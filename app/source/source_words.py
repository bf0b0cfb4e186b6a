"""How the place in a document is called: a page, a slide, a sheet, a part."""

from __future__ import annotations

from app.kit.text import tr
from app.source.source_model import SourceModel
from rag_core.types import PageInfo


def place_name(model: SourceModel) -> str:
    """ "Page 3 of 12", "Slide 4 of 20", "Sheet Prices, part 2 of 3"; "" where there is only one and it has no name."""
    info, total = model.info(model.number), len(model.pages)
    if info is None:
        return ""
    label, words = info.label, {"number": model.number, "count": total}
    match info.place:
        case "sheet":
            return _sheet_name(model, info)
        case "page" if label and label != str(info.number):
            return tr("Page {label} ({number} of {count})", label=label, **words)
        case "page":
            return tr("Page {number} of {count}", **words)
        case "slide":
            return tr("Slide {number} of {count}", **words)
        case "part":
            return tr("Part {number} of {count}", **words)
    return f"{info.place.capitalize()} {label or model.number}".strip() if info.place or label else ""


def _sheet_name(model: SourceModel, info: PageInfo) -> str:
    """A long sheet comes in several parts under one name."""
    label = info.label or str(info.number)
    same = [page.number for page in model.pages if page.label == info.label]
    if len(same) == 1:
        return tr("Sheet “{label}”", label=label)
    part = same.index(model.number) + 1
    return tr("Sheet “{label}”, part {number} of {count}", label=label, number=part, count=len(same))
