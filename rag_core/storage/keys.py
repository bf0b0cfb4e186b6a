"""Where the key of a library comes from. The default keeps no key: the library is then not encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

KEY_BYTES = 32


@runtime_checkable
class KeySource(Protocol):
    """Gives the key of a library.

    Law: `key` returns None (not encrypted) or exactly 32 bytes, always the same for the same library; it may ask the
    person or the system's keystore, and raises UserError when it cannot get what it needs. It writes nothing into the
    library folder's database. The key is used as it is (AES-256, no stretching): whoever has a passphrase stretches it
    here.
    """

    def key(self, library_folder: Path) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class NoKey:
    """The library is not encrypted."""

    def key(self, library_folder: Path) -> bytes | None:  # noqa: ARG002 - the protocol's signature
        return None


@dataclass(frozen=True, slots=True, repr=False)
class GivenKey:
    """A key that the caller already holds."""

    value: bytes

    def key(self, library_folder: Path) -> bytes | None:  # noqa: ARG002 - the protocol's signature
        return self.value
