"""Rows of Markdown tables: what follows a row's last bar is a cell too many, which readers of Markdown drop."""

from __future__ import annotations

import re


def into_last_cell(text: str, tail: str) -> str:
    """Every row whose last bar is followed by `tail`, a regular expression, with that inside its last cell."""
    if "|" not in text:
        return text
    row = re.compile(rf"^([ \t]*\|.*(?<!\\))\|({tail})$", re.MULTILINE)
    return row.sub(lambda found: f"{found[1].rstrip(' ')}{found[2].rstrip(' ')} |", text)
