"""Files of one JSON object per line, gzip: question sets, and what recipes keep between their steps."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects, as they are asked for."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_lines(rows: Iterable[DataclassInstance], path: Path) -> int:
    """Data classes as objects; the file is there when it is whole. Returns how many."""
    partial = path.with_name(f".{path.name}.partial")
    count = 0
    with gzip.open(partial, "wt", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
            count += 1
    partial.replace(path)
    return count
