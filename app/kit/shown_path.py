"""Paths as a person writes them."""

from __future__ import annotations

from pathlib import Path

from rag_core.paths import is_inside


def shown_path(path: str | Path, home: Path | None = None) -> str:
    """Below the home folder from ~ on: shorter, and no one's name on a picture of the screen."""
    written, start = str(path), str(home or Path.home())
    return f"~{written[len(start) :]}" if is_inside(written, start) else written
