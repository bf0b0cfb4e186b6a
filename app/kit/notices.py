"""What the window tells a person outside a conversation: a sentence, what to do, and perhaps a button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.kit.text import tr, tr_message
from rag_core.host.events import Failed

ENGINE = "engine"
Level = Literal["info", "success", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Controllers emit these through their `noticed` signal; the window shows them above its content.

    `details`, where there are any, can be copied. `lasting` notices stay until they are closed. Of one `topic` only the
    newest words are true.
    """

    level: Level
    text: str
    advice: str = ""
    action_label: str = ""
    action: Callable[[], None] | None = None
    details: str = ""
    lasting: bool = False
    topic: str = ""


def notice_of(failure: Failed, action_label: str = "", action: Callable[[], None] | None = None) -> Notice:
    """A failed job in the person's language."""
    text = tr_message(failure.message)
    if failure.kind == "bug":
        text = tr("Alcove made a mistake: {message}", message=text)
    return Notice(
        "error",
        text,
        tr_message(failure.advice),
        action_label,
        action,
        failure.details,
        lasting=failure.kind != "user",
        topic=ENGINE if failure.kind == "engine_lost" else "",
    )
