"""From offsets in Python's strings (code points) to positions in Qt's (UTF-16 units), and back."""

from __future__ import annotations

from bisect import bisect_left

_LAST_SINGLE = "\uffff"  # what comes after it takes two units


class Utf16Offsets:
    """For one text. Costs a pass over it, and nothing more where every character takes one unit."""

    def __init__(self, text: str) -> None:
        self._wide = [index for index, letter in enumerate(text) if letter > _LAST_SINGLE] if _has_wide(text) else []
        self._wide_starts = [index + before for before, index in enumerate(self._wide)]

    def to_qt(self, offset: int) -> int:
        return offset + bisect_left(self._wide, offset)

    def to_python(self, position: int) -> int:
        """The character that the unit at `position` belongs to."""
        before = bisect_left(self._wide_starts, position)
        if before and self._wide_starts[before - 1] + 1 == position:
            return position - before  # the second half of a character
        return position - before


def _has_wide(text: str) -> bool:
    return bool(text) and max(text) > _LAST_SINGLE
