"""`alcove packs build | list | verify | import | compile`. Building is the one thing here that uses the network."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path

from rag_core.cli import DONE, FAILED
from rag_core.cli.contexts import compile_for_npu, contexts_of, show_contexts
from rag_core.cli.opening import data_dir_of, settings_of
from rag_core.cli.output import Output
from rag_core.cli.program import making_of, program_of
from rag_core.errors import PackCorrupt, UserError
from rag_core.messages import Message, say
from rag_core.pack_making import PackMaking, compile_for_real_npu
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.runtime.pack import Pack, damaged_packs, list_packs, verify


def packs(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    data_dir = data_dir_of(arguments)
    making = program_of(arguments).making
    match arguments.action:
        case "build":
            return _build(output, arguments)
        case "import":
            output.run(_import(making_of(arguments), arguments.folder, data_dir))
        case "compile":
            chosen = (arguments.names, arguments.target, arguments.again)
            return compile_for_npu(output, making_of(arguments), data_dir, *chosen)
        case "verify":
            return _verify(output, data_dir, making)
    return _list(output, data_dir, making)


def _build(output: Output, arguments: argparse.Namespace) -> int:
    """The list of all packs afterwards. What was left out was asked for, so it is a failure here."""
    left_out = output.run(build(arguments))
    _list(output, data_dir_of(arguments), making_of(arguments))
    for problem in left_out:
        output.notice(problem)
    return FAILED if left_out else DONE


def build(arguments: argparse.Namespace) -> Generator[Progress, None, tuple[Message, ...]]:
    """Build the default packs that are not there yet, and compile those in use where there is a real NPU.

    The generator's value says what was left out, because Alcove works without it, and why.
    """
    making, data_dir = making_of(arguments), data_dir_of(arguments)
    left_out = yield from making.build(data_dir.packs, data_dir.downloads)
    uncompiled = yield from compile_for_real_npu(making, data_dir, settings_of(arguments))
    return (*left_out, *(error.whole for error in uncompiled.values()))


def _import(making: PackMaking, folder: Path | None, data_dir: DataDir) -> Generator[Progress, None, None]:
    if folder is None:
        raise UserError(say("import-needs-folder"))
    yield from making.import_folder(folder.expanduser().absolute(), data_dir.packs)


def _list(output: Output, data_dir: DataDir, making: PackMaking | None) -> int:
    found = list_packs(data_dir.packs)
    contexts = contexts_of(data_dir, making)
    described = [asdict(context) for context in contexts]
    output.document({"version": 1, "packs": [_described(pack) for pack in found], "contexts": described})
    if not found:
        output.text(say("no-packs-yet"))
    else:
        rows = [
            [p.id, p.manifest.role, f"{p.manifest.bytes / 1e6:.0f}", p.manifest.licence, p.manifest.title]
            for p in found
        ]
        output.table([say("column-pack"), say("column-role"), "MB", say("column-licence"), say("column-title")], rows)
    if contexts:
        show_contexts(output, contexts)
    for _, damage in damaged_packs(data_dir.packs):
        output.notice(damage.message)
    return DONE


def _verify(output: Output, data_dir: DataDir, making: PackMaking | None) -> int:
    problems: dict[str, Message] = {folder.name: damage.message for folder, damage in damaged_packs(data_dir.packs)}
    for folder_name, problem in problems.items():
        output.text(say("of-this", name=folder_name, what=problem))
    found = list_packs(data_dir.packs)
    for pack in found:
        try:
            verify(pack)
        except PackCorrupt as error:
            problems[pack.id] = error.whole
        output.text(say("of-this", name=pack.id, what=problems.get(pack.id, say("files-whole"))))
    contexts = contexts_of(data_dir, making, thorough=True)
    for context in contexts:
        output.text(
            say("of-this", name=f"{context.pack} · {context.target}", what=context.reason or say("files-whole"))
        )
    problems |= {f"{context.pack} for {context.target}": context.reason for context in contexts if context.damaged}
    verified = [pack.id for pack in found]
    output.document({"version": 1, "verified": verified, "contexts": len(contexts), "problems": problems})
    if not found:
        output.text(say("no-packs-yet"))
    return FAILED if problems else DONE


def _described(pack: Pack) -> dict[str, object]:
    manifest = pack.manifest
    return {
        "id": pack.id,
        "role": manifest.role,
        "title": manifest.title,
        "licence": manifest.licence,
        "version": manifest.version,
        "bytes": manifest.bytes,
        "graphs": [graph.name for graph in manifest.graphs],
        "sha256": pack.sha256,
        "path": str(pack.root),
    }
