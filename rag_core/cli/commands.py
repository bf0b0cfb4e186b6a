"""Which function runs which command. Modules are imported when their command runs: starting must be quick."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

Command = Callable[[argparse.Namespace], int]

_PLACES = {
    "add": "library.add",
    "list": "library.list_documents",
    "remove": "library.remove",
    "search": "asking.search",
    "ask": "asking.ask",
    "chat": "asking.chat",
    "packs": "packs.packs",
    "doctor": "health.doctor",
    "bench": "measuring.bench",
    "eval": "measuring.evaluate",
    "demo": "demo.demo",
}


def find_command(name: str) -> Command:
    module, function = _PLACES[name].split(".")
    command: Command = getattr(import_module(f"rag_core.cli.{module}"), function)
    return command
