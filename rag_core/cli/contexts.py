"""`alcove packs compile`, and what `packs list` and `packs verify` say of what was compiled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rag_core.cli import DONE, FAILED
from rag_core.cli.output import Cell, Output
from rag_core.errors import PackCorrupt, PackMissing, UserError
from rag_core.messages import NOTHING, Message, say
from rag_core.pack_making import PackMaking, Problems
from rag_core.paths import DataDir
from rag_core.runtime.npu.compiled import COMPILED, damage_of
from rag_core.runtime.npu.targets import TARGETS, Target, target_named, this_target, why_no_target
from rag_core.runtime.pack import Pack, damaged_packs, list_packs, open_pack


@dataclass(frozen=True, slots=True)
class Contexts:
    """What was compiled of one pack for one chip. `reason` says why it is of no use here, empty where it is."""

    pack: str
    target: str
    bytes: int
    qairt: str
    reason: Message = NOTHING
    damaged: bool = False

    @property
    def version(self) -> str:
        """Of QAIRT, for people: "2.51.0" of "v2.51.0.260929181845"."""
        return ".".join(self.qairt.lstrip("v").split(".")[:3])


def compile_for_npu(
    output: Output,
    making: PackMaking,
    data_dir: DataDir,
    names: Sequence[str],
    target_name: str | None,
    again: bool,
) -> int:
    """Compile the packs of these names, or all that are installed and of a kind that can be; those that are ready only
    `again`: a driver may refuse what the compiler wrote. What the compiler refused before is tried again.
    """
    making.require_compiler()
    target = target_named(target_name) if target_name else _own_target()
    states = [
        (pack, making.state_of(pack, data_dir.contexts, target, thorough=True).state)
        for pack in _chosen(data_dir, names)
    ]
    wanted = [pack for pack, state in states if (names or state != "cannot") and (again or state != "ready")]
    problems = output.run(making.compile(wanted, data_dir.contexts, target))
    for error in problems.values():
        output.notice(error.whole)
    done = [contexts for contexts in contexts_of(data_dir, making) if contexts.target == target.id]
    _tell(output, target, done, problems)
    return FAILED if problems or not done else DONE


def contexts_of(data_dir: DataDir, making: PackMaking | None, thorough: bool = False) -> list[Contexts]:
    """Everything that was compiled, by pack and chip; `thorough` compares every byte with the manifest."""
    found: list[Contexts] = []
    for folder in sorted(data_dir.contexts.glob("*")):
        found += [_described(data_dir, making, folder.name, pack, thorough) for pack in list_packs(folder)]
        found += [
            Contexts(folder.name, path.name, 0, "", damage.message, damaged=True)
            for path, damage in damaged_packs(folder)
        ]
    return found


def _described(data_dir: DataDir, making: PackMaking | None, pack_id: str, contexts: Pack, thorough: bool) -> Contexts:
    target, qairt = contexts.root.name, str(contexts.manifest.spec.get(COMPILED, {}).get("qairt", ""))
    damage = damage_of(contexts, thorough)
    reason = damage or (NOTHING if making is None else _why_useless(data_dir, making, pack_id, target))
    return Contexts(pack_id, target, contexts.manifest.bytes, qairt, reason, damaged=bool(damage))


def _why_useless(data_dir: DataDir, making: PackMaking, pack_id: str, target_id: str) -> Message:
    try:
        source = open_pack(data_dir.packs / pack_id)
    except (PackMissing, PackCorrupt):
        return say("source-pack-gone")
    target = next((target for target in TARGETS if target.id == target_id), None)
    return making.state_of(source, data_dir.contexts, target).reason if target else say("chip-unknown")


def show_contexts(output: Output, found: Sequence[Contexts], title: Cell = "") -> None:
    output.table(
        [say("column-pack"), say("column-compiled-for"), "MB", "QAIRT", say("column-state")],
        [(c.pack, c.target, f"{c.bytes / 1e6:.0f}", c.version, c.reason or say("state-ready")) for c in found],
        title,
    )


def _own_target() -> Target:
    from rag_core.runtime.devices import list_devices

    inventory = list_devices()
    target = this_target(inventory)
    if target is None:
        known = ", ".join(target.id for target in TARGETS)
        raise UserError(why_no_target(inventory), say("name-the-chip", known=known))
    return target


def _chosen(data_dir: DataDir, names: Sequence[str]) -> list[Pack]:
    """Raises PackMissing for a name that is none, or where there is nothing at all."""
    installed = list_packs(data_dir.packs)
    known = {pack.id: pack for pack in installed}
    for name in names:
        if name not in known:
            raise PackMissing(say("pack-not-installed", pack=name), say("prepare-models"))
    if not installed:
        raise PackMissing(say("no-pack-installed"), say("prepare-models"))
    return [known[name] for name in names] if names else installed


def _tell(output: Output, target: Target, done: Sequence[Contexts], problems: Problems) -> None:
    described = [asdict(contexts) for contexts in done]
    told = {pack_id: error.whole for pack_id, error in problems.items()}
    output.document({"version": 1, "target": target.id, "contexts": described, "problems": told})
    if done:
        show_contexts(output, done, say("compiled-for", chip=target.title))
    else:
        output.text(say("nothing-compiled", chip=target.title))
