"""Compiles a pack of static graphs for one chip: of each graph comes a small model that names a context binary.

What is written is proven: every node went to the NPU, every model names a file of its own folder, and the version of
QAIRT in the stamp is the one that the compiler wrote into the models. The compiler takes gigabytes and can end its
process, so this belongs into a process of its own (`models.npu`).
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import psutil

from rag_core.errors import StorageFull, UserError
from rag_core.messages import say
from rag_core.progress import Progress
from rag_core.runtime.devices import Device
from rag_core.runtime.handles import as_sentence, first_line, native_failures
from rag_core.runtime.node_assignment import RECORD, nodes_by_provider, what_is_elsewhere
from rag_core.runtime.npu.compiled import COMPILED, SHARED, ContextStamp
from rag_core.runtime.npu.targets import Target
from rag_core.runtime.options import provider_options
from rag_core.runtime.pack import Graph, Manifest, Pack, new_pack, write_manifest

STAGE = "compile"

_INSTEAD = say("meanwhile-processor")
_NO_ROOM_BYTES = 16 * 1024**2  # a write that failed while less than this was free failed for want of room
_SESSION = {
    "session.disable_cpu_ep_fallback": "1",
    RECORD: "1",
    "ep.context_enable": "1",
    "ep.context_embed_mode": "0",
}


@dataclass(frozen=True, slots=True)
class _Context:
    """What one compiled model says of itself."""

    path: str
    binary: str
    qairt: str
    partitions: tuple[str, ...]


def compile_static(
    static: Pack, folder: Path, device: Device, target: Target, stamp: ContextStamp
) -> Iterator[Progress]:
    """Write `folder` anew, as a context pack of the graphs of `static` for `target`.

    `stamp` is what is expected; its `qairt` is replaced by what the compiler says of itself. What was in `folder`
    stays until all is proven, then goes at once. Raises UserError when the compiler refuses a graph or leaves a part
    of it to the processor, StorageFull, MemoryError.
    """
    graphs = static.manifest.graphs
    shared = target.shares_weights and len(graphs) > 1
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_pack(folder.parent, folder.name) as partial:
        took: dict[str, dict[str, float]] = {}
        for number, graph in enumerate(graphs):
            yield Progress(STAGE, number, len(graphs), "graphs", graph.name)
            sharing = _sharing(number + 1 == len(graphs)) if shared else {}
            started = time.perf_counter()
            nodes = _compile(static, graph, partial, device, target, sharing)
            took[graph.name] = {"nodes": nodes, "seconds": round(time.perf_counter() - started, 2)}
        yield Progress(STAGE, len(graphs), len(graphs), "graphs", "checking")
        contexts = [_read_context(partial, _file_of(graph), device.provider) for graph in graphs]
        _prove_whole(contexts, static, shared)
        kept = _keep_other_files(static, partial)
        stamp = replace(stamp, qairt=contexts[0].qairt)
        manifest = _described(static, contexts, kept, device.provider, stamp, shared)
        made = {"graphs": took, "peak_memory_bytes": peak_memory_bytes()}
        write_manifest(partial, replace(manifest, provenance=manifest.provenance | made))


def _sharing(last: bool) -> dict[str, str]:
    """The graphs of one pack follow each other; their one binary is written with the last."""
    return {"ep.share_ep_contexts": "1"} | ({"ep.stop_share_ep_contexts": "1"} if last else {})


def _compile(static: Pack, graph: Graph, folder: Path, device: Device, target: Target, sharing: dict[str, str]) -> int:
    """One graph; returns how many nodes it has, all of which went to the NPU. The session goes away with its memory."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised
    for key, value in (_SESSION | sharing | {"ep.context_file_path": str(folder / _file_of(graph))}).items():
        options.add_session_config_entry(key, value)
    options.add_provider_for_devices([device.handle], provider_options(device, target))
    try:
        session = onnxruntime.InferenceSession(str(static.path_of(graph.path)), options, enable_fallback=0)
    except MemoryError:
        raise
    except native_failures() as error:
        raise _refused(static, graph, folder, error) from error
    return _count_placed(session, static, graph, device.provider)


def _refused(static: Pack, graph: Graph, folder: Path, error: Exception) -> UserError:
    if shutil.disk_usage(folder).free < _NO_ROOM_BYTES:
        return disk_full(static.manifest.title)
    return UserError(
        say(
            "compiler-refused-graph",
            graph=graph.name,
            title=static.manifest.title,
            error=as_sentence(first_line(error)),
        ),
        _INSTEAD,
    )


def disk_full(title: str) -> StorageFull:
    return StorageFull(say("disk-full-compiling", title=title), say("free-space-prepare-again"))


def _count_placed(session: Any, static: Pack, graph: Graph, provider: str) -> int:
    nodes = nodes_by_provider(session)
    if set(nodes) != {provider}:
        elsewhere = what_is_elsewhere(session, provider) or say("all-of-it")
        raise UserError(
            say("compiler-left-a-part", graph=graph.name, title=static.manifest.title, elsewhere=elsewhere), _INSTEAD
        )
    return nodes[provider]


def _read_context(folder: Path, name: str, provider: str) -> _Context:
    """What the written model says: nothing but contexts, each in a file of this folder."""
    import onnx

    nodes = onnx.load(folder / name, load_external_data=False).graph.node
    facts = [{entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute} for node in nodes]
    plain = {node.op_type for node in nodes if (node.op_type, node.domain) != ("EPContext", "com.microsoft")}
    if plain or not facts or any(fact.get("source", b"").decode() != provider for fact in facts):
        raise _not_proven(name, f"it holds {', '.join(sorted(plain)) or 'nothing for this provider'}")
    binaries = {fact["ep_cache_context"].decode() for fact in facts}
    versions = {fact["ep_sdk_version"].decode() for fact in facts}
    if len(binaries) != 1 or len(versions) != 1 or any(fact["embed_mode"] for fact in facts):
        raise _not_proven(name, "its parts do not fit together")
    (binary,), (version,) = binaries, versions
    if PurePath(binary).name != binary or not _size_of(folder / binary):
        raise _not_proven(name, f"the binary “{binary}” is not beside it")
    return _Context(name, binary, version, tuple(fact["partition_name"].decode() for fact in facts))


def _prove_whole(contexts: Sequence[_Context], static: Pack, shared: bool) -> None:
    """One version for all, and the parts of a shared binary can be told apart."""
    binaries = {context.binary for context in contexts}
    parts = [(context.binary, part) for context in contexts for part in context.partitions]
    wanted = 1 if shared else len(contexts)
    if len({context.qairt for context in contexts}) != 1 or len(set(parts)) != len(parts) or len(binaries) != wanted:
        raise _not_proven(static.manifest.title, "its graphs do not fit together")


def _not_proven(name: str, what: str) -> UserError:
    return UserError(say("compiler-wrote-wrong", name=name, what=what), _INSTEAD)


def _keep_other_files(static: Pack, folder: Path) -> tuple[str, ...]:
    """Bring along what is no graph (an embedding table); its paths. Weights of graphs are in the binaries now."""
    compiled = {graph.path for graph in static.manifest.graphs}
    for path in tuple(compiled):
        compiled |= {(PurePath(path).parent / name).as_posix() for name in _external_files(static.path_of(path))}
    kept = tuple(file.path for file in static.manifest.files if file.path not in compiled)
    for path in kept:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # no hard links here: then a copy
            os.link(static.path_of(path), target)
            continue
        shutil.copyfile(static.path_of(path), target)
    return kept


def _external_files(path: Path) -> set[str]:
    import onnx

    constants = onnx.load(path, load_external_data=False).graph.initializer
    return {entry.value for constant in constants for entry in constant.external_data if entry.key == "location"}


def _described(
    static: Pack, contexts: Sequence[_Context], kept: tuple[str, ...], provider: str, stamp: ContextStamp, shared: bool
) -> Manifest:
    graphs = tuple(
        replace(
            graph,
            path=context.path,
            providers=(provider,),
            files=(context.path, context.binary, *(path for path in graph.files if path in kept)),
        )
        for graph, context in zip(static.manifest.graphs, contexts, strict=True)
    )
    spec = static.manifest.spec | {COMPILED: asdict(stamp), SHARED: shared}
    return replace(static.manifest, files=(), graphs=graphs, spec=spec)


def _file_of(graph: Graph) -> str:
    return f"{graph.name}_ctx.onnx"


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def peak_memory_bytes() -> int:
    """Of this process since it began."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
