"""The program's own source, for tests that look at it: each file is parsed once."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
Node = TypeVar("Node", bound=ast.AST)


@cache
def sources(package: str) -> list[tuple[str, str]]:
    """Path and text of every module."""
    paths = sorted((ROOT / package).rglob("*.py"))
    return [(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


def nodes(package: str, kind: type[Node]) -> list[tuple[str, Node]]:
    """Where something of this kind stands, and what."""
    kinds = [found for of, found in _by_kind(package).items() if issubclass(of, kind)]
    return [(place, node) for found in kinds for place, node in found if isinstance(node, kind)]


@cache
def _by_kind(package: str) -> dict[type[ast.AST], list[tuple[str, ast.AST]]]:
    found: dict[type[ast.AST], list[tuple[str, ast.AST]]] = defaultdict(list)
    for place, text in sources(package):
        waiting: list[ast.AST] = [ast.parse(text)]
        while waiting:
            node = waiting.pop()
            found[type(node)].append((place, node))
            for name in node._fields:
                value = getattr(node, name, None)
                if isinstance(value, ast.AST):
                    waiting.append(value)
                elif isinstance(value, list):
                    waiting += [each for each in value if isinstance(each, ast.AST)]
    return dict(found)
