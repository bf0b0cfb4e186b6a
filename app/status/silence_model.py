"""The proof that nothing leaves the machine: measured facts as sentences, each with what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QDateTime, QObject, Signal

from app.engine.silence import WindowSilence
from app.kit.text import date_words, tr, tr_count
from rag_core.host.events import SilenceReport

Verdict = Literal["yes", "no", "unknown"]
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """`verdict` "yes": as it should be; "no": not so; "unknown": the system does not tell."""

    verdict: Verdict
    text: str
    detail: str = ""


class SilenceModel(QObject):
    """What was measured last in the engine and in the window, and when."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine: SilenceReport | None = None
        self.window: WindowSilence | None = None
        self.checked_at: QDateTime | None = None
        self.is_checking = False
        self.problem = ""

    def begin(self) -> None:
        self.is_checking = True
        self.problem = ""
        self.engine = self.window = None
        self.changed.emit()

    def set_engine(self, report: SilenceReport) -> None:
        self.engine = report
        self._end_if_complete()

    def set_window(self, measured: WindowSilence) -> None:
        self.window = measured
        self._end_if_complete()

    def fail(self, problem: str) -> None:
        """The engine could not be asked. That is said; it is no proof of anything."""
        self.problem = problem
        self._end_if_complete()

    def engine_facts(self) -> list[Fact]:
        if self.engine is None:
            return [Fact("unknown", self.problem)] if self.problem else []
        count = tr_count(len(self.engine.process_ids), "{count} process looked at", "{count} processes looked at")
        return [
            _connections_fact(self.engine, count),
            _attempts_fact(self.engine.refused, is_watched=True),
            _modules_fact(self.engine.network_modules),
        ]

    def window_facts(self) -> list[Fact]:
        if self.window is None:
            return []
        return [
            _connections_fact(self.window.report, ""),
            _attempts_fact(self.window.report.refused, self.window.is_watched),
            _modules_fact(self.window.report.network_modules),
            _qt_fact(self.window.qt_network),
        ]

    def is_proven(self) -> bool:
        facts = self.engine_facts() + self.window_facts()
        return self.engine is not None and self.window is not None and all(fact.verdict != "no" for fact in facts)

    @property
    def when(self) -> str:
        """Of the last check, in words; "" before the first."""
        at = self.checked_at
        return f"{date_words(at.date())}, {at.toString('HH:mm:ss')}" if at else ""

    def report(self) -> str:
        """Everything as plain text, to be copied."""
        lines = [tr("Alcove and the network, checked on {when}", when=self.when)]
        for title, facts in (
            (tr("The engine, which reads and answers"), self.engine_facts()),
            (tr("The window"), self.window_facts()),
        ):
            lines += ["", title]
            lines += [
                f"[{_SIGNS[fact.verdict]}] {fact.text}" + (f" ({fact.detail})" if fact.detail else "") for fact in facts
            ]
        return "\n".join(lines) + "\n"

    def _end_if_complete(self) -> None:
        if self.window is not None and (self.engine is not None or self.problem):
            self.is_checking = False
            self.checked_at = QDateTime.currentDateTime()
        self.changed.emit()


_SIGNS: dict[Verdict, str] = {"yes": "x", "no": "!", "unknown": "?"}


def _connections_fact(report: SilenceReport, looked_at: str) -> Fact:
    if report.connections is None:
        return Fact("unknown", tr("This system does not tell which connections are open."), looked_at)
    if report.connections:
        count = len(report.connections)
        text = tr_count(count, "{count} open network connection", "{count} open network connections")
        return Fact("no", text, _named(report.connections))
    return Fact("yes", tr("No open network connection."), looked_at)


def _attempts_fact(refused: tuple[str, ...], is_watched: bool) -> Fact:
    if not is_watched:
        return Fact("unknown", tr("Attempts to reach the network are not being watched."))
    if refused:
        text = tr_count(
            len(refused),
            "{count} attempt to reach the network was stopped.",
            "{count} attempts to reach the network were stopped.",
        )
        return Fact("no", text, _named(refused))
    return Fact("yes", tr("No attempt to reach the network since the start. An attempt would be stopped."))


def _modules_fact(modules: tuple[str, ...]) -> Fact:
    if modules:
        text = tr("Parts of Python that could reach a network are loaded, but barred from doing it.")
        return Fact("yes", text, _named(modules))
    return Fact("yes", tr("No part that could open a connection is loaded."))


def _qt_fact(is_loaded: bool | None) -> Fact:
    if is_loaded is None:
        return Fact("unknown", tr("This system does not tell which libraries are loaded."))
    if is_loaded:
        return Fact("no", tr("The network library of the window's toolkit (Qt) is loaded."))
    return Fact("yes", tr("The network library of the window's toolkit (Qt) is not loaded."))


def _named(names: tuple[str, ...]) -> str:
    more = tr(" and {count} more", count=len(names) - _MOST_NAMED) if len(names) > _MOST_NAMED else ""
    return tr(", ").join(names[:_MOST_NAMED]) + more
