"""Draws assets/pictures/architecture.svg from the code: `python assets/make_architecture.py`; `--check` only compares.

Rows are the layers of the contracts in pyproject.toml: a room may use what stands below it. In a box stand the first
words of its docstring, and behind the arrow what it imports, but for what these import in turn. Needs
import-linter's grimp (`pip install -e ".[test]"`).
"""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path
from xml.sax.saxutils import escape

import grimp

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "assets" / "pictures" / "architecture.svg"
PACKAGES = {"app": "app: the window", "rag_core": "rag_core: everything else that runs", "models": "models: making packs"}
COLUMN, BOX_GAP, ROW_GAP, MARGIN = 700, 8, 10, 16
LINE, CHARACTER = 13, 5.7  # points: the height of a line, the width of a character on average
COLOURS = {"app": "#dbe8f7", "rag_core": "#e4f0dc", "models": "#f6e7d3"}


def layers(package: str) -> list[list[str]]:
    """The rooms of a package, row by row, as its contract orders them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    for contract in contracts:
        if contract["type"] != "layers":
            continue
        prefix = "".join(f"{name}." for name in contract.get("containers", []))
        rows = [[f"{prefix}{room.strip()}" for room in layer.replace(":", "|").split("|")] for layer in contract["layers"]]
        rows = [[room for room in row if room.split(".")[0] == package] for row in rows]
        if any(rows):
            return [row for row in rows if row]
    raise SystemExit(f"There is no contract of layers for {package}.")


def purpose(room: str) -> str:
    """The first sentence of its docstring."""
    path = ROOT.joinpath(*room.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = " ".join((ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split())
    return said.split(". ")[0].replace("`", "").rstrip(".:")


def arrows(rooms: list[str]) -> list[tuple[str, str]]:
    """Who imports whom, without what follows from others."""
    graph = grimp.build_graph("app", "rag_core", "models")
    room_of = {module: room for module in graph.modules for room in rooms if f"{module}.".startswith(f"{room}.")}
    direct: dict[str, set[str]] = {room: set() for room in rooms}
    for module, room in room_of.items():
        for imported in graph.find_modules_directly_imported_by(module):
            other = room_of.get(imported, room)
            if other != room:
                direct[room].add(other)
    reach: dict[str, set[str]] = {}

    def below(room: str) -> set[str]:
        if room not in reach:
            reach[room] = set()
            reach[room] = {deeper for other in direct[room] for deeper in {other, *below(other)}}
        return reach[room]

    return sorted(
        (room, other)
        for room in rooms
        for other in direct[room]
        if not any(other in below(between) for between in direct[room] - {other})
    )


def wrapped(text: str, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(f"{lines[-1]} {word}") * CHARACTER > width - 14:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def lines_of(rows: list[list[str]]) -> list[list[str]]:
    """Rows of four boxes at most: narrower ones have no room for words."""
    return [row[start : start + 4] for row in rows for start in range(0, len(row), 4)]


def draw() -> str:
    shapes: list[str] = []
    uses = used_by({room for package in PACKAGES for row in layers(package) for room in row})
    bottoms = [MARGIN, MARGIN]
    for package, column in (("app", 0), ("models", 0), ("rag_core", 1)):
        x, y = MARGIN + column * (COLUMN + 2 * MARGIN), bottoms[column]
        shapes.append(f'<text class="package" x="{x}" y="{y + 12}">{escape(PACKAGES[package])}</text>')
        y += 24
        for row in lines_of(layers(package)):
            width = (COLUMN - BOX_GAP * (len(row) - 1)) / len(row)
            texts = [[*wrapped(purpose(room), width), *wrapped(uses[room], width)] for room in row]
            height = LINE * (max(map(len, texts)) + 1) + 12
            for number, (room, lines) in enumerate(zip(row, texts, strict=True)):
                shapes += box(room, lines, x + number * (width + BOX_GAP), y, width, height)
            y += height + ROW_GAP
        bottoms[column] = y + MARGIN
    width, height = 2 * COLUMN + 4 * MARGIN, max(bottoms)
    style = (
        "text{font:11px sans-serif;fill:#222}.name{font-weight:bold;font-size:13px}"
        ".package{font-size:14px;font-weight:bold}.uses{fill:#666}rect{stroke:#999;rx:5}"
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    ground = f'<rect width="{width}" height="{height}" fill="#fff" style="stroke:none"/>'
    return "\n".join([head, f"<style>{style}</style>", ground, *shapes, "</svg>", ""])


def used_by(rooms: set[str]) -> dict[str, str]:
    """In words, what each room uses."""
    found: dict[str, list[str]] = {room: [] for room in rooms}
    for room, other in arrows(sorted(rooms)):
        same = other.split(".")[0] == room.split(".")[0]
        found[room].append(other.split(".", 1)[1] if same else other)
    return {room: f"→ {', '.join(others)}" if others else "" for room, others in found.items()}


def box(room: str, lines: list[str], x: float, y: float, width: float, height: float) -> list[str]:
    package, name = room.split(".", 1)
    texts = [f'<text class="name" x="{x + 7:.0f}" y="{y + 16:.0f}">{escape(name)}</text>']
    is_use = False
    for number, line in enumerate(lines, start=1):
        is_use = is_use or line.startswith("→")
        kind = ' class="uses"' if is_use else ""
        texts.append(f'<text{kind} x="{x + 7:.0f}" y="{y + 16 + LINE * number:.0f}">{escape(line)}</text>')
    colour = COLOURS[package]
    return [f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" fill="{colour}"/>', *texts]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    picture = draw()
    if "--check" not in sys.argv[1:]:
        PICTURE.write_text(picture, encoding="utf-8")
    elif not PICTURE.is_file() or PICTURE.read_text(encoding="utf-8") != picture:
        raise SystemExit("The picture is older than the code: python assets/make_architecture.py")
