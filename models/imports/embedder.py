"""Take a sentence-transformers folder in ONNX form in as an embedder pack.

Such a folder holds the graph (`onnx/model.onnx` or `model.onnx`), `tokenizer.json`, and small JSON files that say how
token states become a vector (`modules.json`, `1_Pooling/config.json`), how long a text may be, and what is put before a
question and a passage (`config_sentence_transformers.json`). Nothing in it is trusted: paths that lead out are refused.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models.convert.decoder.inspect import external_files, precision_of
from models.imports.imported import imported_manifest, imported_pack
from rag_core.embed.opening import open_encoder
from rag_core.errors import PackCorrupt, UserError
from rag_core.messages import NOTHING, Message, say
from rag_core.progress import Progress
from rag_core.runtime.devices import CPU, runtime_errors
from rag_core.runtime.pack import Canonical, Graph, Manifest, open_pack, write_manifest
from rag_core.runtime.places import own_places

_GRAPHS = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx")
_ROLES = {"input_ids": "ids", "attention_mask": "mask", "token_type_ids": "types", "position_ids": "positions"}
_TOKEN_OUTPUTS = ("last_hidden_state", "token_embeddings")
_POOLINGS = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max", "lasttoken": "last"}
_POOLING_NAMES = {"mean": "mean", "cls": "cls", "max": "max", "lasttoken": "last"}
_PASSAGE_PROMPTS = ("passage", "document", "corpus")
_LONGEST_TOKENS = 8192
_DEFAULT_TOKENS = 512
_PROOF = ("What is the notice period?", "Who pays the travel costs?", "The notice period is three months. " * 8)
_STAGE = say("step-importing-embedder")


def import_embedder(folder: Path, packs_dir: Path) -> Iterator[Progress]:
    """Copy `folder` into a new pack, prove it with a run, install it. The pack's id is the folder's name.

    Raises UserError (what is missing or not supported) or StorageFull; nothing is installed then.
    """
    yield Progress(_STAGE, 0, 3, "steps", say("step-reading-folder"))
    manifest = read_folder(folder)
    with imported_pack(manifest.id, packs_dir) as root:
        yield Progress(_STAGE, 1, 3, "steps", say("step-copying-files"))
        for name in manifest.graphs[0].files:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, root / name)
        yield Progress(_STAGE, 2, 3, "steps", say("step-trying-model"))
        _finish(root, manifest, folder)
    yield Progress(_STAGE, 3, 3, "steps", manifest.id)


def read_folder(folder: Path) -> Manifest:
    """Read and check the folder's description, as far as it goes without running anything. Raises UserError."""
    graph = next((name for name in _GRAPHS if (folder / name).is_file()), None)
    if graph is None:
        raise _refuse(folder, say("it-has-no-graph"), _EXPORT)
    if not (folder / "tokenizer.json").is_file():
        raise _refuse(folder, say("it-has-no", what="tokenizer.json"), _EXPORT)
    beside = [(Path(graph).parent / name).as_posix() for name in external_files(folder / graph)]
    for name in beside:
        if Path(name).is_absolute() or ".." in Path(name).parts or not (folder / name).is_file():
            raise _refuse(folder, say("its-graph-wants", name=name), say("copy-whole-folder-again"))
    prompts = _read(folder, "config_sentence_transformers.json").get("prompts") or {}
    passage = next((prompts[name] for name in _PASSAGE_PROMPTS if name in prompts), "")
    spec = {
        "max_tokens": _max_tokens(folder),
        "pooling": _pooling(folder),
        "normalize": True,
        "prefixes": {"query": str(prompts.get("query", "")), "passage": str(passage)},
        "tokenizer": "tokenizer.json",
    }
    files = (graph, *beside, "tokenizer.json")
    described = Graph("model", graph, precision_of(folder / graph), (CPU,), files)
    return imported_manifest(folder, "embedder", described, spec)


def _parts(folder: Path) -> dict[str, str]:
    """The folder of each part of the model, by its kind."""
    modules = _read(folder, "modules.json", [])
    return {str(module.get("type", "")).rpartition(".")[2]: str(module.get("path", "")) for module in modules}


def _pooling(folder: Path) -> str:
    """How token states become a vector; mean where the folder does not say."""
    kinds = _parts(folder)
    unknown = set(kinds) - {"Transformer", "Pooling", "Normalize", "Dense"}
    if unknown:
        raise _refuse(folder, say("it-has-unknown-part", parts=", ".join(sorted(unknown))))
    config = _read(folder, f"{kinds.get('Pooling', '1_Pooling')}/config.json")
    modes = {
        name.removeprefix("pooling_mode_") for name, on in config.items() if on is True and "pooling_mode_" in name
    }
    named = config.get("pooling_mode", "mean")  # how newer versions write it
    chosen = [_POOLINGS.get(mode) for mode in modes] if modes else [_POOLING_NAMES.get(str(named))]
    if len(chosen) != 1 or chosen[0] is None:
        raise _refuse(folder, say("it-pools-unknown", how=", ".join(sorted(modes)) or str(named)))
    return chosen[0]


def _max_tokens(folder: Path) -> int:
    """The shortest limit that the folder states: of the encoder, of the tokenizer, of the position embeddings."""
    config = _read(folder, "config.json")
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and config.get("model_type") in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        positions -= int(config.get("pad_token_id") or 1) + 1  # these count positions from behind the padding id
    limits = (
        _read(folder, "sentence_bert_config.json").get("max_seq_length"),
        _read(folder, "tokenizer_config.json").get("model_max_length"),
        positions,
    )
    stated = [int(limit) for limit in limits if isinstance(limit, (int, float)) and 0 < limit <= _LONGEST_TOKENS]
    return min(stated, default=_DEFAULT_TOKENS)


def _finish(root: Path, manifest: Manifest, folder: Path) -> None:
    """Complete the manifest with what the graph says of itself, and run it."""
    write_manifest(root, manifest)
    try:
        spec = manifest.spec | _graph_spec(root, folder)
        write_manifest(root, replace(manifest, spec=spec))
        encoder = open_encoder(open_pack(root), threads=1)
        vectors = encoder.encode_passages(_PROOF)
    except runtime_errors() as error:
        raise _refuse(folder, say("its-graph-does-not-run", error=str(error)), _EXPORT) from error
    except PackCorrupt as error:
        raise _refuse(folder, error.message, _EXPORT) from error
    if not np.isfinite(vectors).all() or float(vectors[0] @ vectors[2]) > 1 - 1e-6:
        raise _refuse(folder, say("it-gives-same-vector"), _EXPORT)
    values = tuple(tuple(np.round(row.astype(float), 6).tolist()) for row in vectors)
    write_manifest(root, replace(manifest, spec=spec, canonical=Canonical(_PROOF, {"model": values})))


def _graph_spec(root: Path, folder: Path) -> dict[str, Any]:
    session = own_places(open_pack(root), 1).found[0].open_graph("model")
    inputs = {_ROLES[tensor.name]: tensor.name for tensor in session.inputs if tensor.name in _ROLES}
    if len(inputs) < len(session.inputs) or "ids" not in inputs:
        taken = ", ".join(tensor.name for tensor in session.inputs)
        raise _refuse(folder, say("its-graph-takes", taken=taken, given=", ".join(_ROLES)), _EXPORT)
    names = [tensor.name for tensor in session.outputs]
    pooled = "sentence_embedding" in names
    output = next((name for name in ("sentence_embedding", *_TOKEN_OUTPUTS) if name in names), None)
    if output is None:
        raise _refuse(folder, say("its-graph-gives", names=", ".join(names)), _EXPORT)
    if "Dense" in _parts(folder) and not pooled:
        raise _refuse(folder, say("its-graph-lacks-dense"), _EXPORT)
    index = names.index(output)
    width = session.outputs[index].shape[-1] or _read(folder, "config.json").get("hidden_size")
    if not isinstance(width, int):
        raise _refuse(folder, say("its-vector-length-unknown"), _EXPORT)
    return {"inputs": inputs, "pooled": pooled, "output_index": index, "dim": width}


def _read(folder: Path, name: str, default: Any = None) -> Any:
    """A JSON file of the folder; `default` (an empty object) when it is absent. Raises UserError when it is damaged."""
    path = folder / name
    if not path.is_file():
        return {} if default is None else default
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _refuse(folder, say("its-file-damaged", name=name, error=str(error)), say("copy-folder-again")) from error
    if not isinstance(stored, list if default is not None else Mapping):
        raise _refuse(folder, say("its-file-unexpected", name=name), say("copy-folder-again"))
    return stored


def _refuse(folder: Path, reason: Message, advice: Message = NOTHING) -> UserError:
    return UserError(say("embedder-not-usable", folder=str(folder), reason=reason), advice)


_EXPORT = say("export-with-optimum")
