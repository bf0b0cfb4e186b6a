"""The numbers that Word shows before list items and headings; they are computed, the file only holds rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from rag_core.ingest.formats.office_package import attribute, child, local_name

_PLACE = re.compile(r"%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_SMALL = ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_MAX_ROMAN = 4000
_LEVELS = 9


@dataclass(frozen=True, slots=True)
class _Level:
    format: str
    text: str
    start: int
    legal: bool = False


@dataclass
class Numbering:
    """Counts while the document is walked from top to bottom."""

    _levels: dict[str, dict[int, _Level]] = field(default_factory=dict)  # numId -> level -> rule
    _abstract: dict[str, str] = field(default_factory=dict)  # numId -> the counters that it shares
    _restarts: dict[tuple[str, int], int] = field(default_factory=dict)
    _counters: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Any) -> Numbering:
        """From the numbering part; None gives a numbering without rules."""
        numbering = cls()
        if root is None:
            return numbering
        abstract = {attribute(one, "abstractNumId"): one for one in root if local_name(one) == "abstractNum"}
        for number in (one for one in root if local_name(one) == "num"):
            numbering._add(number, abstract)
        return numbering

    def _add(self, number: Any, abstract: dict[str, Any]) -> None:
        number_id = attribute(number, "numId")
        abstract_id = attribute(child(number, "abstractNumId"), "val")
        levels = _levels_of(abstract.get(abstract_id, ()))
        for override in (one for one in number if local_name(one) == "lvlOverride"):
            level = _integer(attribute(override, "ilvl"), 0)
            start = child(override, "startOverride")
            if start is not None:
                self._restarts[number_id, level] = _integer(attribute(start, "val"), 1)
            levels.update(_levels_of(override))
        self._levels[number_id] = levels
        self._abstract[number_id] = abstract_id

    def label(self, number_id: str, level: int) -> str:
        """Count one paragraph and give what stands before it: "2.1", "b)", "-" for bullets, "" for nothing."""
        rules = self._levels.get(number_id)
        if rules is None or level not in rules:
            return "-" if number_id not in ("", "0") else ""
        counters = self._counters.setdefault(self._abstract[number_id], {})
        if (number_id, level) in self._restarts:
            counters[level] = self._restarts.pop((number_id, level))
        elif level in counters:
            counters[level] += 1
        else:
            counters[level] = rules[level].start
        for deeper in range(level + 1, _LEVELS):
            counters.pop(deeper, None)
        rule = rules[level]
        if rule.format == "bullet":
            return "-"
        if rule.format == "none":
            return ""
        return _PLACE.sub(lambda match: self._shown(int(match[1]) - 1, rules, counters, rule.legal), rule.text).strip()

    @staticmethod
    def _shown(level: int, rules: dict[int, _Level], counters: dict[int, int], legal: bool) -> str:
        rule = rules.get(level)
        start = rule.start if rule else 1
        return number_text(counters.get(level, start), "decimal" if legal or rule is None else rule.format)


def number_text(value: int, number_format: str) -> str:
    """`value` in a numbering format of ECMA-376 17.18.59; unknown formats count in decimals."""
    match number_format:
        case "lowerLetter" | "upperLetter" if value > 0:
            letters = chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)
            return letters if number_format == "lowerLetter" else letters.upper()
        case "lowerRoman" | "upperRoman" if 0 < value < _MAX_ROMAN:
            roman = _roman(value)
            return roman if number_format == "lowerRoman" else roman.upper()
        case "decimalZero":
            return f"{value:02d}"
        case "none" | "bullet":
            return ""
        case _:
            return str(value)


def _roman(value: int) -> str:
    pieces = []
    for worth, letters in _ROMAN + _ROMAN_SMALL:
        count, value = divmod(value, worth)
        pieces.append(letters * count)
    return "".join(pieces)


def _levels_of(parent: Any) -> dict[int, _Level]:
    levels: dict[int, _Level] = {}
    for level in (one for one in parent if local_name(one) == "lvl"):
        levels[_integer(attribute(level, "ilvl"), 0)] = _Level(
            attribute(child(level, "numFmt"), "val", "decimal"),
            attribute(child(level, "lvlText"), "val"),
            _integer(attribute(child(level, "start"), "val"), 1),
            child(level, "isLgl") is not None,
        )
    return levels


def _integer(text: str, default: int) -> int:
    try:
        return int(text)
    except ValueError:
        return default
