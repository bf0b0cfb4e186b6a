"""The installed models, as the settings show them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from app.kit.text import number, tr
from rag_core.host.events import PackInfo
from rag_core.progress import Progress


@dataclass(frozen=True, slots=True)
class PackCheck:
    """The result of comparing a pack with its manifest; `is_running` while there is none yet."""

    is_running: bool = True
    is_good: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class PackImport:
    """Models on their way in. `folder` is empty where they are made by Alcove's own recipes. `fraction` is None while
    the length is not known.
    """

    folder: str
    fraction: float | None = None


class PacksModel(QObject):
    """`changed` after every change; `packs` are sorted by role and title."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.packs: tuple[PackInfo, ...] = ()
        self.checks: dict[str, PackCheck] = {}
        self.importing: PackImport | None = None
        self.is_loaded = False

    def set_packs(self, packs: tuple[PackInfo, ...]) -> None:
        self.packs = tuple(sorted(packs, key=lambda pack: (pack.role, pack.title.casefold(), pack.pack_id)))
        self.is_loaded = True
        self.changed.emit()

    def of_role(self, role: str) -> tuple[PackInfo, ...]:
        return tuple(pack for pack in self.packs if pack.role == role)

    def set_check(self, pack_id: str, check: PackCheck | None) -> None:
        """None: there is none any more."""
        if check is None:
            self.checks.pop(pack_id, None)
        else:
            self.checks[pack_id] = check
        self.changed.emit()

    def begin_import(self, folder: str) -> None:
        self.importing = PackImport(folder)
        self.changed.emit()

    def advance_import(self, progress: Progress) -> None:
        if self.importing is not None:
            fraction = progress.done / progress.total if progress.total else None
            self.importing = replace(self.importing, fraction=fraction)
            self.changed.emit()

    def end_import(self) -> None:
        self.importing = None
        self.changed.emit()


def size_text(size_bytes: int) -> str:
    """A size for people: "92 MB", "1.4 GB"."""
    if size_bytes >= 10**9:
        return tr("{size} GB", size=number(size_bytes / 10**9, ".1f"))
    if size_bytes >= 10**6:
        return tr("{size} MB", size=round(size_bytes / 10**6))
    return tr("{size} KB", size=max(1, round(size_bytes / 1000)) if size_bytes else 0)
