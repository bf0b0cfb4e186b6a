"""A log of HWiNFO: added up over exactly the time of the work, or refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from rag_core.bench.energy import Energy, HwinfoLog, Interval, MeterFailed

HEADER = 'Date,Time,"CPU [°C]","CPU Package Power [W]","System Power [W]","NPU Power [W]","NPU Power [W]"'


def log(tmp_path: Path, lines: Sequence[str], header: str = HEADER, encoding: str = "latin-1") -> HwinfoLog:
    path = tmp_path / "log.csv"
    path.write_bytes("\r\n".join([header, *lines]).encode(encoding))
    return HwinfoLog(path)


def ten_seconds(date: str = "6.8.2026", skip: Sequence[int] = ()) -> list[str]:
    """A line a second from 15:29:00 to 15:29:10, the package at 10 W, then 11 W, then 12 W..."""
    return [f"{date},15:29:{s}.000,40,{10 + s}.0,30.5,1.0,2.0" for s in range(11) if s not in skip]


def between(start_s: float, end_s: float, month: int = 8, day: int = 6) -> Interval:
    zero = datetime(2026, month, day, 15, 29).timestamp()
    return Interval(zero + start_s, zero + end_s)


def energy_of(part: str, written: HwinfoLog, work: Interval, idle: Interval | None = None) -> Energy:
    return next(energy for energy in written.energies(work, idle) if energy.covers == part)


def test_watts_are_added_up_over_exactly_the_time_of_the_work(tmp_path: Path) -> None:
    written = log(tmp_path, ten_seconds())
    energy = energy_of("processor package", written, between(4.5, 8.5), idle=between(0, 2))
    assert energy.joules == pytest.approx(4 * 16.5)
    assert energy.idle_joules == pytest.approx(4 * 11)
    assert energy.net_joules == pytest.approx(4 * 5.5)
    assert energy.covers == "processor package"
    assert energy.seconds == pytest.approx(4)


def test_what_is_known_to_be_a_whole_or_a_part_is_told(tmp_path: Path) -> None:
    written = log(tmp_path, ten_seconds())
    told = {energy.covers: energy.joules for energy in written.energies(between(2, 8))}
    assert told == {
        "whole machine (system power)": pytest.approx(183),
        "processor package": pytest.approx(90),
        "NPU": pytest.approx(6),
    }
    assert written.columns[-1] == "NPU Power [W] (2)"
    assert written._energy("NPU Power [W] (2)", "NPU", between(2, 8), None).joules == pytest.approx(12)


@pytest.mark.parametrize(
    ("date", "month", "day"),
    [("6.8.2026", 8, 6), ("8/6/2026", 8, 6), ("2026-08-06", 8, 6), ("25.8.2026", 8, 25), ("8/25/2026", 8, 25)],
)
def test_the_day_of_the_work_tells_how_the_log_writes_dates(tmp_path: Path, date: str, month: int, day: int) -> None:
    written = log(tmp_path, ten_seconds(date))
    energy = energy_of("whole machine (system power)", written, between(0, 10, month, day))
    assert energy.joules == pytest.approx(305)


def test_a_log_with_semicolons_decimal_commas_and_a_repeated_header_is_read(tmp_path: Path) -> None:
    lines = [f"6.8.2026;15:29:{s}.000;{10 + s},5" for s in range(11)]
    header = "Date;Time;CPU Package Power [W]"
    written = log(tmp_path, [*lines, header, ";;CPU [#0]: A processor"], header=header, encoding="utf-8-sig")
    assert energy_of("processor package", written, between(0, 10)).joules == pytest.approx(155)


@pytest.mark.parametrize("work", [(-1, 5), (5, 11), (20, 30)])
def test_a_log_that_does_not_cover_the_work_is_refused(tmp_path: Path, work: tuple[float, float]) -> None:
    with pytest.raises(MeterFailed, match=r"does not cover .* It covers 2026-08-06 15:29:00 – 2026-08-06 15:29:10"):
        log(tmp_path, ten_seconds()).energies(between(*work))


def test_holes_short_work_and_a_changed_clock_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MeterFailed, match=r"hole of 7\.0 s"):
        log(tmp_path, ten_seconds(skip=range(3, 9))).energies(between(1, 9))
    with pytest.raises(MeterFailed, match="only 1 lines"):
        log(tmp_path, ten_seconds()).energies(between(1.5, 2.5))
    lines = ten_seconds()
    with pytest.raises(MeterFailed, match="backwards"):
        log(tmp_path, [*lines[:6], *lines[3:]]).energies(between(0, 10))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["6.8.2026,15:29:0.000,40", *ten_seconds()], "line 2: columns are missing"),
        (["yesterday,noon,40,1,2,3,4"], "no date and time"),
        (["Date,Time,other [W]", *ten_seconds()], "columns change"),
    ],
)
def test_a_damaged_log_is_refused_with_its_line(tmp_path: Path, lines: list[str], why: str) -> None:
    with pytest.raises(MeterFailed, match=why):
        log(tmp_path, lines)


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    written = log(tmp_path, [*ten_seconds(), "6.8.2026,15:29:11"])
    assert energy_of("whole machine (system power)", written, between(0, 10)).joules == pytest.approx(305)


def test_a_reading_that_is_no_number_is_refused_only_where_it_matters(tmp_path: Path) -> None:
    lines = ten_seconds()
    lines[1] = "6.8.2026,15:29:1.000,40,,30.5,1.0,2.0"
    written = log(tmp_path, lines)
    assert energy_of("processor package", written, between(3, 9)).joules > 0
    with pytest.raises(MeterFailed, match="line 3: CPU Package Power"):
        energy_of("processor package", written, between(0, 9))


def test_other_files_are_no_logs(tmp_path: Path) -> None:
    with pytest.raises(MeterFailed, match="first columns"):
        log(tmp_path, [], header="a,b")
    with pytest.raises(MeterFailed, match="no column in watts"):
        log(tmp_path, [], header="Date,Time,CPU [°C]")
    with pytest.raises(MeterFailed, match="cannot be read"):
        HwinfoLog(tmp_path / "absent.csv")
    with pytest.raises(MeterFailed, match="fewer than two lines"):
        log(tmp_path, []).energies(between(0, 10))
