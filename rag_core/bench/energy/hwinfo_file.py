"""Reads the CSV file that HWiNFO writes: Date, Time, then a column per sensor; a line per reading.

It writes local time in the person's way of writing dates, repeats its header when logging starts anew or stops, and
then names the sensors in a line without a date.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rag_core.bench.energy.meter import MeterFailed, unreadable
from rag_core.messages import NOTHING, Message, literal, say

_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Readings:
    """The power columns of a log.

    `time_axes` are the lines' times, in seconds since the epoch, as each order of day and month reads them; an order in
    which a date would be none is left out. `cells` and `line_numbers` are parallel to each axis.
    """

    columns: tuple[str, ...]
    time_axes: tuple[tuple[float, ...], ...]
    cells: tuple[tuple[str, ...], ...]
    line_numbers: tuple[int, ...]


def read_log(path: Path) -> Readings:
    """Raises `MeterFailed` for a file that is no such log, or is damaged."""
    rows = _rows(path)
    _, header = next(rows, (0, []))
    if [cell.lower() for cell in header[:2]] != ["date", "time"]:
        raise MeterFailed(say("no-hwinfo-log", name=path.name))
    places = [place for place, name in enumerate(header) if name.endswith("[W]")]
    if not places:
        raise MeterFailed(say("log-without-watts", name=path.name), say("log-power-sensors"))
    lines = list(_lines_of_readings(path, rows, header))
    times = [_parse_times(path, number, row) for number, row in lines]
    axes = [tuple(axis) for axis in zip(*times, strict=True)]
    return Readings(
        columns=_distinct(header[place] for place in places),
        time_axes=tuple(tuple(t for t in axis if t is not None) for axis in axes if None not in axis),
        cells=tuple(tuple(row[place] for place in places) for _, row in lines),
        line_numbers=tuple(number for number, _ in lines),
    )


def _wrong(path: Path, line: int, what: Message, advice: Message = NOTHING) -> MeterFailed:
    return MeterFailed(say("wrong-in-line", name=path.name, line=line, what=what), advice)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and cells."""
    try:
        written = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = written.decode("latin-1")  # what older versions write
    delimiter = ";" if text[:5].lower() == "date;" else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from ((reader.line_num, [cell.strip() for cell in row]) for row in reader)
    except csv.Error as error:
        raise _wrong(path, reader.line_num, literal(str(error))) from error


def _lines_of_readings(
    path: Path, rows: Iterable[tuple[int, list[str]]], header: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    short: int | None = None
    for number, row in rows:
        if short is not None:
            raise _wrong(path, short, say("columns-missing"))
        if not row or not row[0]:
            continue
        if row[0].lower() == "date":
            if row != header:
                raise _wrong(path, number, say("columns-change"), say("log-to-new-file"))
        elif len(row) < len(header):
            short = number  # the last line may still be being written
        else:
            yield number, row


def _parse_times(path: Path, number: int, row: Sequence[str]) -> tuple[float | None, float | None]:
    """With the day before the month, and after it. A date that begins with the year can be read in one way only."""
    date, clock = _NUMBERS.findall(row[0]), _NUMBERS.findall(row[1])
    if len(date) != 3 or len(clock) not in (3, 4):
        raise _wrong(path, number, say("no-date-and-time", text=f"{row[0]!r}, {row[1]!r}"))
    first, second, third = (int(text) for text in date)
    micros = int(f"{clock[3]:0<6}"[:6]) if len(clock) == 4 else 0
    time = (int(clock[0]), int(clock[1]), int(clock[2]), micros)
    if len(date[0]) == 4:
        return _moment((first, second, third), time), None
    return _moment((third, second, first), time), _moment((third, first, second), time)


def _moment(date: tuple[int, int, int], time: tuple[int, int, int, int]) -> float | None:
    try:
        return datetime(*date, *time).timestamp()
    except (ValueError, OverflowError, OSError):  # no such day, or one before the system's calendar begins
        return None


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Two sensors may bear one name: the second gets a number."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(distinct)
