"""One library, and the one door to its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rag_core.conversations.schema import CONVERSATIONS_FILE
from rag_core.errors import LibraryMissing, UserError
from rag_core.index.schema import DATABASE_FILE
from rag_core.library import own_settings
from rag_core.library.names import check_library_name
from rag_core.library.records import LibrarySettings
from rag_core.messages import say
from rag_core.paths import DataDir
from rag_core.settings import Settings

if TYPE_CHECKING:  # they bring numpy and SQLite along; a library that is only named needs neither
    from rag_core.conversations.store import ConversationStore
    from rag_core.index.store import Store

# Gives the key of the library in a folder: None (not encrypted) or exactly 32 bytes, always the same for the same
# library. It may ask the person or the system's keystore, and raises UserError when it cannot get what it needs.
# Whoever has a passphrase stretches it here.
KeySource = Callable[[Path], bytes | None]


def not_encrypted(_folder: Path) -> None:
    return None


class Library:
    """The library `name` of a data folder. Its files open on first use and stay open until `close`; one thread at a
    time.

    `general` settings hold where the library is not set to something else, and `overrides`, by name, hold over both.
    `read_only` opens the documents for reading, beside a writer, and never creates the library. Raises UserError for a
    name that no library can have.
    """

    def __init__(
        self,
        data_dir: DataDir,
        name: str,
        general: Settings | None = None,
        overrides: Mapping[str, Any] | None = None,
        *,
        read_only: bool = False,
        key_source: KeySource = not_encrypted,
    ) -> None:
        check_library_name(name)
        self.name = name
        self.folder = data_dir.libraries / name
        self.general = general or Settings()
        self._overrides = overrides or {}
        self._read_only = read_only
        self._key_source = key_source

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Safe to call twice. What is used after this opens again."""
        for opened in ("store", "conversations"):
            if opened in self.__dict__:
                self.__dict__.pop(opened).close()

    @property
    def exists(self) -> bool:
        return (self.folder / DATABASE_FILE).is_file()

    def require(self) -> Self:
        """Raises LibraryMissing."""
        if not self.exists:
            raise LibraryMissing(say("library-missing", name=self.name), say("add-to-make-library"))
        return self

    # What it is set to

    def load_settings(self) -> LibrarySettings:
        """Its own; none where none were saved. Raises LibraryMissing, UserError for a damaged file or a wrong value."""
        return own_settings.load(self._settings_file, self.general.rows())

    def save_settings(self, settings: LibrarySettings) -> None:
        """Crash-safe. Raises StorageFull, LibraryMissing."""
        own_settings.save(settings, self._settings_file)

    @property
    def settings(self) -> Settings:
        """What holds for it now. Damaged settings of its own must not keep a person from their documents: then the
        general ones hold, and `load_settings` tells of the damage.
        """
        try:
            own = self.load_settings().overrides
        except UserError:  # or it is yet to be made
            own = {}
        return self.general.with_overrides(**own).with_overrides(**self._overrides)

    @property
    def _settings_file(self) -> Path:
        return self.require().folder / own_settings.SETTINGS_FILE

    # What it holds

    @cached_property
    def store(self) -> Store:
        """Raises LibraryMissing (for reading), LibraryLocked, LibraryTooNew, StorageFull."""
        from rag_core.index.store import Store

        if self._read_only:
            self.require()
        return Store.open(self.folder, self._key, read_only=self._read_only)

    def make(self) -> None:
        """Opens its documents now, and makes the library where there is none. Raises as `store` does."""
        self.store  # noqa: B018 - opening is what is wanted

    @cached_property
    def conversations(self) -> ConversationStore:
        """Made when there are none yet. Raises as `store` does."""
        from rag_core.conversations.store import ConversationStore

        return ConversationStore(self.require().folder / CONVERSATIONS_FILE, self._key)

    @property
    def has_conversations(self) -> bool:
        """Whether any were ever begun: to find none, nothing need be written."""
        return (self.folder / CONVERSATIONS_FILE).is_file()

    @cached_property
    def _key(self) -> bytes | None:
        """One for all of its files. Nobody else asks for a key."""
        return self._key_source(self.folder)
