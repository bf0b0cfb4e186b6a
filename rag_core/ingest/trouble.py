"""What a person is told when a child process had to be stopped, or stopped by itself, over a document."""

from __future__ import annotations

from pathlib import Path

from rag_core.errors import DocumentUnreadable
from rag_core.messages import NOTHING, Message, say
from rag_core.process.loop import Limits
from rag_core.process.trouble import Trouble


def refusal(path: Path, trouble: Trouble, limits: Limits, advice: Message = NOTHING) -> DocumentUnreadable:
    """`advice` holds for all trouble; without one it is how the document could be read after all."""
    name = path.name
    match trouble.kind:
        case "too_slow":
            message = say("child-too-slow", name=name, seconds=limits.timeout_s)
            usual = say("split-or-raise", setting="parse_timeout_s")
        case "out_of_memory":
            message = say("child-out-of-memory", name=name, megabytes=limits.memory_bytes / 1024**2)
            usual = say("split-or-raise", setting="parse_memory_bytes")
        case "stopped":
            message, usual = say("child-stopped", name=name, how=trouble.detail), say("open-and-save-again")
        case "failed":
            message, usual = say("child-failed", name=name, error=trouble.detail), say("save-otherwise-and-report")
    return DocumentUnreadable(message, advice or usual)
