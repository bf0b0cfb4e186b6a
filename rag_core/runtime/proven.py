"""The first of a pack's graphs that computes on this machine what the recipe computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rag_core.errors import PackCorrupt
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import Session, open_session

Opened = TypeVar("Opened")


def open_proven(
    pack: Pack,
    what: str,
    make: Callable[[Session, str], Opened],
    complaint_about: Callable[[Opened, str], str],
    *,
    graph: str = "",
    preference: str = "auto",
    check_files: bool = True,
) -> Opened:
    """What `make` makes of a session and of the reason why it is not that of a better graph.

    `complaint_about` it and the graph of a name is empty where that computes what it should. A graph that does not
    (int8 products can overflow on processors without VNNI) is put aside for the next one of the pack; `graph` demands
    one by name. Sessions have one thread: whole texts run in parallel. `what` names the model ("embedder"). Raises
    ProviderUnavailable, PackCorrupt.
    """
    reasons: list[str] = []
    session = open_session(pack, graph, preference, 1, check_files)
    rest = [other.name for other in pack.manifest.graphs if session.provider in other.providers]
    rest = rest[rest.index(session.graph.name) + 1 :] if not graph else []
    while True:
        opened = make(session, " ".join(part for part in (session.reason, *reasons) if part))
        complaint = complaint_about(opened, session.graph.name)
        if not complaint:
            return opened
        if not rest:
            raise PackCorrupt(
                f"The {what} “{pack.id}” does not compute what it should on this machine: {complaint}",
                "Build or import the pack again; if that does not help, please report it with this message.",
            )
        reasons.append(f"The graph “{session.graph.name}” is not used on this machine: {complaint}")
        session = open_session(pack, rest.pop(0), preference, 1, check_files)
