"""What this package does for the core, as `rag_core.pack_making` asks for it. Each part is loaded when it is needed."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag_core.progress import Progress

if TYPE_CHECKING:
    from rag_core.messages import Message
    from rag_core.pack_making import PackState, Problems
    from rag_core.runtime.npu.targets import Target
    from rag_core.runtime.pack import Pack


class PackMaker:
    """Fulfils `rag_core.pack_making.PackMaking`."""

    def build(self, packs_dir: Path, downloads_dir: Path) -> Generator[Progress, None, tuple[Message, ...]]:
        from models.recipes.build import build_packs

        return build_packs(packs_dir, downloads_dir)

    def import_folder(self, folder: Path, packs_dir: Path) -> Iterator[Progress]:
        from models.imports.pack import import_pack

        return import_pack(folder, packs_dir)

    def require_compiler(self) -> None:
        from models.npu.preparing import require_compiler

        require_compiler()

    def compile(self, packs: Sequence[Pack], contexts_dir: Path, target: Target) -> Generator[Progress, None, Problems]:
        from models.npu.preparing import compile_packs

        return compile_packs(packs, contexts_dir, target)

    def state_of(self, pack: Pack, contexts_dir: Path, target: Target, thorough: bool = False) -> PackState:
        from models.npu.state import state_of

        return state_of(pack, contexts_dir, target, thorough)
