"""Making packs, as the core asks for it. Recipes, importers and the NPU's compiler stand outside, in `models`: whoever
starts the core says who does it (`app.__main__`, `app.engine.worker`). Without them the core uses what is installed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from rag_core.errors import PackCorrupt, PackMissing, UserError
from rag_core.messages import NOTHING, Message
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.runtime.devices import list_devices
from rag_core.runtime.npu.targets import EMULATOR, Target, this_target
from rag_core.runtime.pack import Pack
from rag_core.settings import Settings
from rag_core.stages import STAGES

Problems = dict[str, UserError]


@dataclass(frozen=True, slots=True)
class PackState:
    """ "ready" to run on an NPU, "missing" (never prepared), "stale" (prepared for something else, or damaged),
    "refused" by the compiler, or of a kind that "cannot" be prepared. `reason` is a sentence for all but the first.
    """

    pack_id: str
    title: str
    state: Literal["ready", "missing", "stale", "refused", "cannot"]
    reason: Message = NOTHING

    @property
    def unprepared(self) -> bool:
        """Whether preparing would change it. What was refused would be refused again."""
        return self.state in ("missing", "stale")


class PackMaking(Protocol):
    """Long work is a generator of `Progress`: closing it ends the work, and however it ends, nothing half made is left.
    What cannot be done is a UserError, and nothing is installed then. Only `build` downloads, and only what is pinned.
    """

    def build(self, packs_dir: Path, downloads_dir: Path) -> Generator[Progress, None, tuple[Message, ...]]:
        """Build the default packs that are missing, damaged or out of date. The value says what was left out, because
        Alcove works without it, and why.
        """

    def import_folder(self, folder: Path, packs_dir: Path) -> Iterator[Progress]:
        """Make a pack of a model folder that others made; nothing in it is trusted."""

    def require_compiler(self) -> None:
        """Raises UserError where there is no compiler for NPUs."""

    def compile(self, packs: Sequence[Pack], contexts_dir: Path, target: Target) -> Generator[Progress, None, Problems]:
        """Compile each of `packs` for `target`, whatever there is of it already. One that fails keeps no other from it:
        the value is what went wrong, by pack id.
        """

    def state_of(self, pack: Pack, contexts_dir: Path, target: Target, thorough: bool = False) -> PackState:
        """How far `pack` is prepared for `target`; `thorough` compares every byte."""


def packs_in_use(packs_dir: Path, settings: Settings) -> Iterator[Pack]:
    """The pack of each stage, where one is installed and whole."""
    for stage in STAGES:
        try:
            yield stage.pack(packs_dir, settings)
        except (PackMissing, PackCorrupt):
            continue  # then none is in use for this stage


def compile_in_use(
    making: PackMaking, data_dir: DataDir, settings: Settings, target: Target
) -> Generator[Progress, None, Problems]:
    """Those of the packs in use that are not ready for `target`."""
    states = [
        (pack, making.state_of(pack, data_dir.contexts, target, thorough=True))
        for pack in packs_in_use(data_dir.packs, settings)
    ]
    return (yield from making.compile([p for p, state in states if state.unprepared], data_dir.contexts, target))


def compile_for_real_npu(
    making: PackMaking, data_dir: DataDir, settings: Settings
) -> Generator[Progress, None, Problems]:
    """The packs in use, where this machine has an NPU; an emulated one is for those who ask for it."""
    target = this_target(list_devices())
    if target is None or target == EMULATOR:
        return {}
    return (yield from compile_in_use(making, data_dir, settings, target))
