"""What adding did, in a sentence or three."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from app.kit.notices import Level, Notice
from app.kit.text import tr, tr_count, tr_message
from rag_core.ingest.formats.registry import by_suffix
from rag_core.library.records import LEFT_OUT
from rag_core.messages import Message
from rag_core.types import AddReport, FileProblem

_MOST_NAMED = 500


def summary_of(report: AddReport, quiet: bool, show_problems: Callable[[], None]) -> Notice | None:
    """`quiet`: a folder was looked at by itself; None where that has found nothing to tell."""
    sentences = _changes(report)
    if quiet and not sentences:
        return None
    if not sentences and not report.failed:
        sentences = [_nothing_new(report)]
    if report.failed:
        sentences.append(tr_count(len(report.failed), "1 file could not be read.", "{count} files could not be read."))
    left_out = "" if quiet else _left_out(report.skipped)
    return Notice(
        level=_level(report),
        text=" ".join(sentences),
        advice=left_out,
        action_label=tr("Show them") if report.failed else "",
        action=show_problems if report.failed else None,
        details="" if quiet else _named((*report.failed, *report.skipped)),
    )


def _level(report: AddReport) -> Level:
    if report.failed:
        return "warning"
    return "success" if report.added or report.changed or report.removed else "info"


def _changes(report: AddReport) -> list[str]:
    """Files that could not be read are counted by the report as added or changed; here they are not."""
    added = report.added - len(report.failed)
    changed = report.changed + min(added, 0)
    found = []
    if added > 0:
        found.append(tr_count(added, "1 document was added.", "{count} documents were added."))
    if changed > 0:
        found.append(tr_count(changed, "1 document was read again.", "{count} documents were read again."))
    if report.removed:
        found.append(
            tr_count(
                report.removed,
                "1 document is gone from its folder and was removed.",
                "{count} documents are gone from their folder and were removed.",
            )
        )
    return found


def _nothing_new(report: AddReport) -> str:
    if report.unchanged:
        return tr_count(
            report.unchanged,
            "Nothing new: this document is up to date.",
            "Nothing new: {count} documents are up to date.",
        )
    return tr("There was nothing in it that Alcove can read.") if report.skipped else tr("Everything is up to date.")


def _left_out(skipped: Sequence[FileProblem]) -> str:
    """ "Left out: 12 pictures, 1 archive" """
    counts: Counter[str] = Counter()
    # There may be a hundred thousand, and the window waits: each kind of file is looked at once.
    for (ending, reason), count in Counter((_ending(problem.path), problem.reason) for problem in skipped).items():
        counts[_kind(ending, reason)] += count
    if not counts:
        return ""
    named = [
        tr_count(counts["picture"], "1 picture", "{count} pictures"),
        tr_count(
            counts["archive"], "1 archive (unpack it, then add what is inside)", "{count} archives (unpack them first)"
        ),
        tr_count(counts["media"], "1 recording", "{count} recordings"),
        tr_count(counts["mail"], "1 e-mail", "{count} e-mails"),
        tr_count(counts["removed"], "1 that you removed earlier", "{count} that you removed earlier"),
        tr_count(counts["closed"], "1 that cannot be opened", "{count} that cannot be opened"),
        tr_count(counts["other"], "1 other file", "{count} other files"),
    ]
    kinds = ("picture", "archive", "media", "mail", "removed", "closed", "other")
    shown = [text for kind, text in zip(kinds, named, strict=True) if counts[kind]]
    return tr("Left out: {kinds}.", kinds=tr(", ").join(shown))


def _ending(path: str) -> str:
    """What follows the last dot, with the dot; much faster than asking a path object."""
    return path[path.rfind(".") :] if "." in path else ""


def _kind(ending: str, reason: Message) -> str:
    if reason == LEFT_OUT:
        return "removed"
    group = by_suffix(ending).group
    if group in ("picture", "archive", "media", "mail"):
        return group
    return "closed" if reason.code in ("cannot-be-opened", "folder-cannot-be-opened") else "other"


def _named(problems: Sequence[FileProblem]) -> str:
    lines = [f"{problem.path}\n    {tr_message(problem.reason)}" for problem in problems[:_MOST_NAMED]]
    if len(problems) > _MOST_NAMED:
        lines.append(tr("and {count} more", count=len(problems) - _MOST_NAMED))
    return "\n".join(lines)
