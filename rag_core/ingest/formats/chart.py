"""The words and values of a chart part (DrawingML charts, ECMA-376 21.2): one row for each category."""

from __future__ import annotations

from typing import Any

from rag_core.ingest.formats.flow import FlowBuilder, one_line
from rag_core.ingest.formats.office_package import attribute, child, descendants, local_name

_MAX_POINTS = 1000


def add_chart(root: Any, flow: FlowBuilder) -> None:
    """The titles, then "2024: Sales 12 | Costs 9" for each category."""
    titles = [
        one_line("".join(piece.text or "" for piece in descendants(title, "t"))) for title in descendants(root, "title")
    ]
    flow.add("paragraph", "Chart: " + " | ".join(filter(None, titles)) if any(titles) else "")
    rows: dict[str, list[str]] = {}
    for series in descendants(root, "ser"):
        name = " ".join(_points(child(series, "tx")).values())
        categories = _points(_first(series, "cat", "xVal"))
        for place, value in _points(_first(series, "val", "yVal")).items():
            rows.setdefault(categories.get(place, str(place + 1)), []).append(f"{name} {value}".strip())
    for category, values in rows.items():
        flow.add("table_row", f"{category}: {' | '.join(values)}")


def _first(series: Any, *names: str) -> Any:
    return next((found for name in names if (found := child(series, name)) is not None), None)


def _points(element: Any) -> dict[int, str]:
    """Point index -> its text, from the values that the file keeps beside the reference to the workbook."""
    if element is None:
        return {}
    points: dict[int, str] = {}
    for point in descendants(element, "pt"):
        value = child(point, "v")
        place = attribute(point, "idx", "0")
        if value is not None and place.isdigit() and len(points) < _MAX_POINTS:
            points[int(place)] = one_line(value.text or "")
    if not points and local_name(element) == "tx":
        points = {0: one_line("".join(one.text or "" for one in descendants(element, "v")))}
    return points
