"""What can go wrong, in three classes with three fates.

A `UserError` is shown to the person as it is: what happened, then what to do. `Cancelled` is silent. Anything else is
a bug of ours and gets a local report.
"""

from __future__ import annotations

from rag_core.messages import NOTHING, Message, joined, literal


class RagError(Exception):
    """Root of every error that this program raises on purpose."""


class UserError(RagError):
    """Shown as is. `message` says what happened, `advice` what the person can do about it; a text is shown as it is."""

    def __init__(self, message: Message | str, advice: Message | str = NOTHING) -> None:
        self.message = literal(message) if isinstance(message, str) else message
        self.advice = literal(advice) if isinstance(advice, str) else advice
        super().__init__(self.message, self.advice)

    @property
    def whole(self) -> Message:
        """Both."""
        return joined((self.message, self.advice))

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()

    def __reduce__(self) -> tuple[type[UserError], tuple[Message, Message]]:
        # Errors cross process borders, so both parts must survive pickling.
        return type(self), (self.message, self.advice)


class UnsupportedDocument(UserError):
    """No parser reads this kind of file."""


class DocumentUnreadable(UserError):
    """The kind is known, this one file cannot be read (damaged, encrypted, empty, too large)."""


class DocumentOutOfReach(DocumentUnreadable):
    """The file could not be opened now (its drive is away, no permission): another time it may, though unchanged."""


class LibraryLocked(UserError):
    """Another process writes to this library, or its key is wrong."""


class LibraryMissing(UserError):
    """There is no library of that name."""


class LibraryTooNew(UserError):
    """The library was written by a newer version of this program."""


class LibraryTooOld(UserError):
    """The library has an older format; opening it for writing brings it up to date."""


class StorageFull(UserError):
    """The disk is full (or not writable); what was stored before is intact."""


class PackMissing(UserError):
    """A model pack that this work needs is not installed."""


class PackCorrupt(UserError):
    """A pack's file is absent or differs from its manifest."""


class ProviderUnavailable(UserError):
    """The execution provider that was demanded is not there."""


class NotPrepared(ProviderUnavailable):
    """The NPU that was demanded is there, but the model has not been compiled for it, or not for what it is now."""


class DeviceFailed(UserError):
    """An accelerator that was at work refused, failed or hung: the same work can be done elsewhere."""


class MemoryDenied(UserError):
    """There is not enough memory for what was asked."""


class IndexMismatch(RagError):
    """The stored vectors were made by another pack or chunker: a rebuild is needed, mixing is not allowed."""

    def __init__(self, message: Message | str) -> None:
        self.message = literal(message) if isinstance(message, str) else message
        super().__init__(self.message)


class Cancelled(RagError):
    """The person stopped the work. Silent."""
