"""The first of a place's graphs that computes on this machine what the recipe computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from rag_core.errors import PackCorrupt
from rag_core.messages import Message, joined, say
from rag_core.runtime.pack import verify
from rag_core.runtime.places import Place
from rag_core.runtime.session import Session

Opened = TypeVar("Opened")


def open_proven(
    place: Place,
    what: Message,
    make: Callable[[Session, Message], Opened],
    complaint_about: Callable[[Opened, str], Message],
    graph: str = "",
) -> Opened:
    """What `make` makes of a session and of the reason why it is not that of a better graph.

    `complaint_about` it and the graph of a name is empty where that computes what it should. A graph that does not
    (int8 products can overflow on processors without VNNI) is put aside for the next one of the pack; `graph` demands
    one by name. Sessions have one thread: whole texts run in parallel. `what` names the kind of model. Raises
    ProviderUnavailable, DeviceFailed, PackCorrupt.
    """
    pack = place.pack
    graphs = [pack.graph(graph)] if graph else [g for g in pack.manifest.graphs if place.device.provider in g.providers]
    complaints: dict[str, Message] = {}
    for chosen in graphs:
        verify(pack, only=chosen.files or (chosen.path,))
        put_aside = joined(say("graph-put-aside", graph=name, why=why) for name, why in complaints.items())
        opened = make(replace(place, threads=1).open_graph(chosen.name), put_aside)
        complaint = complaint_about(opened, chosen.name)
        if not complaint:
            return opened
        complaints[chosen.name] = complaint
    raise PackCorrupt(
        say("model-computes-wrong", what=what, pack=pack.id, why=tuple(complaints.values())),
        say("make-pack-again-or-report"),
    )
