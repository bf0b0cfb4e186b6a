"""From the command line's options to an open engine."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import date, datetime, time

from rag_core.engine import Engine
from rag_core.errors import UserError
from rag_core.library.library import Library
from rag_core.messages import say
from rag_core.paths import DataDir
from rag_core.settings import TABLE, Setting, Settings, Value
from rag_core.types import Filters


def data_dir_of(arguments: argparse.Namespace) -> DataDir:
    return DataDir.choose(arguments.data_dir)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings file, with what the command line says on top."""
    return _general(arguments).with_overrides(**asked_for(arguments))


def open_engine(arguments: argparse.Namespace, library: str = "", read_only: bool = False) -> Engine:
    """Use as a context manager. `read_only` never creates a library and never waits for another process."""
    data_dir, name = data_dir_of(arguments), library or arguments.library
    if (opened := Library(data_dir, name)).exists:
        opened.load_settings()  # what is damaged is told before anything is done
    return Engine(data_dir, name, _general(arguments), overrides=asked_for(arguments), read_only=read_only)


def asked_for(arguments: argparse.Namespace, table: Iterable[Setting] = TABLE) -> dict[str, Value | None]:
    """What the command line says of settings, by name; None where it says nothing.

    Raises UserError for a device that nobody knows: before anything is opened.
    """
    said: dict[str, Value | None] = {row.name: getattr(arguments, row.name, None) for row in table if row.option}
    if (device := said["execution_provider"]) is not None:
        from rag_core.runtime.devices import Inventory, devices_for

        devices_for(str(device), Inventory(()))
    return said


def _general(arguments: argparse.Namespace) -> Settings:
    return Settings.load(data_dir_of(arguments).settings_file)


def filters_of(arguments: argparse.Namespace) -> Filters:
    """Raises UserError for an unknown ending or a date that is none."""
    return Filters(
        folder=arguments.folder or "",
        media_types=tuple(media_type for ending in arguments.types for media_type in _media_types(ending)),
        modified_from_ns=_day(arguments.since, time.min),
        modified_to_ns=_day(arguments.until, time.max),
    )


def _media_types(ending: str) -> tuple[str, ...]:
    """All kinds of document that share a reader with this ending: "xlsx" means spreadsheets."""
    from rag_core.ingest.formats.registry import by_suffix

    media_types = by_suffix("." + ending.lstrip(".")).media_types
    if not media_types:
        raise UserError(say("ending-unknown", ending=ending), say("name-an-ending"))
    return media_types


def _day(text: str | None, moment: time) -> int | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UserError(say("not-a-day", text=text), say("write-the-day-so")) from error
    return int(datetime.combine(day, moment).timestamp() * 1_000_000_000)
