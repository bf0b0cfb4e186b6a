"""Conversations as files: Markdown, and Word. Every answer with its sources and what they say, word for word."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

from rag_core.conversations.marked_text import MarkedText
from rag_core.conversations.records import Turn
from rag_core.conversations.written import SourceEntry, Written, language_spoken, moment, one_line, written
from rag_core.errors import StorageFull, UserError
from rag_core.messages import say
from rag_core.paths import replace_file

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~])")
_BEGINS_LIST = re.compile(r"^(\d*)([-+.)])(?=\s)")


def export_conversation(title: str, turns: Sequence[Turn], target: Path) -> Path:
    """Write Word or Markdown, by the ending of `target`; gives the path. Crash-safe: an older file stands until then.

    Raises UserError: another ending, a place that cannot be written, a file that is open elsewhere.
    """
    ending = target.suffix.lower()
    if ending not in (".md", ".docx"):
        raise UserError(say("ending-not-written", name=target.name), say("end-in-docx-or-md"))
    if ending == ".md":
        content = conversation_markdown(title, turns).encode()
    else:
        from rag_core.conversations.word_file import word_file

        content = word_file(one_line(title), moment(time.time_ns()), [written(turn) for turn in turns], _footer(turns))
    try:
        replace_file(target, content)
    except OSError as error:
        raise cannot_write(target, error) from error
    return target


def conversation_markdown(title: str, turns: Sequence[Turn]) -> str:
    """The whole conversation as Markdown; answers keep theirs."""
    lines = [f"# {plain(one_line(title))}", "", moment(time.time_ns()), ""]
    for turn in turns:
        lines += _turn(written(turn))
    return "\n".join([*lines, "---", "", f"*{_footer(turns)}*", ""])


def plain(text: str) -> str:
    """One line of text as Markdown that shows exactly this text."""
    return _BEGINS_LIST.sub(r"\1\\\2", _escaped(text))


def _footer(turns: Sequence[Turn]) -> str:
    return language_spoken(turn.question for turn in turns).words(say("made-by-alcove"))


def _turn(turn: Written) -> list[str]:
    lines = [f"## {plain(turn.question)}", "", f"*{turn.asked}*", ""]
    for note in turn.notes:
        lines += [f"**{plain(note)}**", ""]
    if turn.quoted is not None:
        lines += [*(f"> {_bold(quote)}" for quote in turn.quoted.quotes), ">", f"> {plain(turn.quoted.where)}", ""]
    if turn.text:
        lines += [turn.text, ""]
    if turn.remark:
        lines += [f"*{turn.remark}*", ""]
    if turn.sources:
        lines += [f"**{turn.sources_title}**", ""]
    for source in turn.sources:
        lines += _source(source)
    return lines


def _source(source: SourceEntry) -> list[str]:
    lines = [f"- {f'[{source.number}] ' if source.number else ''}{plain(source.where)}", ""]
    for quote in source.quotes:
        lines += [f"  > {_bold(quote)}", ""]
    return lines


def _bold(quote: MarkedText) -> str:
    """What is marked stands out, where Markdown lets it."""
    if not _can_be_bold(quote):
        return plain(quote.text)
    before, after = _escaped(quote.text[: quote.start]), _escaped(quote.text[quote.end :])
    return f"{before}**{_escaped(quote.marked)}**{after}"


def _can_be_bold(quote: MarkedText) -> bool:
    """Between a letter outside and a sign inside, Markdown takes two stars for stars."""
    if not quote.marked:
        return False
    outside = quote.text[quote.start - 1 : quote.start], quote.text[quote.end : quote.end + 1]
    inside = quote.marked[0], quote.marked[-1]
    return all(within.isalnum() or not beside.isalnum() for within, beside in zip(inside, outside, strict=True))


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)


def cannot_write(target: Path, error: OSError) -> UserError:
    """Why `target` was not written, and what the person can do."""
    if isinstance(error, PermissionError):
        return UserError(say("export-in-use", name=target.name), say("close-it-or-choose"))
    if isinstance(error, FileNotFoundError):
        return UserError(say("export-folder-gone", folder=str(target.parent)), say("choose-another-folder"))
    if isinstance(error, IsADirectoryError):
        return UserError(say("export-is-folder", name=target.name), say("choose-another-name"))
    return StorageFull(
        say("export-not-written", name=target.name, reason=error.strerror or str(error)), say("free-space-or-choose")
    )
