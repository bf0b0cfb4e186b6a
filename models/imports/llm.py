"""Take a model folder that others made for onnxruntime-genai (Phi, Qwen, Llama, Gemma ...) in as an LLM pack.

The folder may come from anywhere, so nothing in it is trusted to be safe: paths that lead out of it and native
libraries are refused, and only files that a text model needs are copied.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.convert.decoder.inspect import external_files, precision_of
from models.convert.decoder.proof import prove
from models.imports.imported import imported_manifest, imported_pack
from models.imports.llm_folder import CONFIG, not_usable, positive, read_json, safe_name
from models.imports.pipeline import ADVICE, Pipeline, is_pipeline, read_pipeline, why_not_here
from rag_core.errors import DeviceFailed, PackCorrupt, ProviderUnavailable, StorageFull
from rag_core.generate.genai_runtime import PIPELINE, load_runtime
from rag_core.messages import say
from rag_core.progress import Progress
from rag_core.runtime.devices import list_devices
from rag_core.runtime.pack import Graph, Manifest, write_manifest
from rag_core.runtime.plugins import CPU, QNN

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
)
_DOCUMENTS = ("LICENSE*", "LICENCE*", "NOTICE*", "README*", "MODEL_CARD*")
_COPY_BLOCK_BYTES = 8 << 20
_PROOF = "What is the capital of France?"


def import_llm(folder: Path, packs_dir: Path) -> Iterator[Progress]:
    """Copy `folder` into a new pack, run it once as proof, install it. The pack's id is the folder's name.

    Raises UserError when it is not such a folder, is incomplete, or cannot be run; nothing is installed then.
    """
    yield Progress(say("step-reading-model"), 0, None, "files", str(folder))
    manifest = inspect_folder(folder)
    with imported_pack(manifest.id, packs_dir) as root:
        yield from _copy(folder, root, manifest.graphs[0].files)
        yield Progress(say("step-trying-model"), 0, 1, "runs", manifest.id)
        _prove(root, write_manifest(root, manifest), folder)
    yield Progress(say("step-trying-model"), 1, 1, "runs", manifest.id)


def inspect_folder(folder: Path) -> Manifest:
    """Read and check what is needed to import `folder`, without copying or running anything. Its graph is the first of
    a pipeline, where it is one of several.
    """
    config = read_json(folder, CONFIG)
    model = config.get("model")
    if not isinstance(model, dict) or not isinstance(model.get("decoder"), dict):
        raise not_usable(folder, say("it-describes-no-decoder", name=CONFIG))
    _refuse_other_kinds(folder, model)
    pipeline = _pipeline_of(folder, model)
    graphs = pipeline.files if pipeline else _single_graph(folder, model["decoder"])
    names = [CONFIG, *graphs]
    names += [name for name in _TOKENIZER_FILES if (folder / name).is_file()]
    names += [path.name for pattern in _DOCUMENTS for path in folder.glob(pattern) if path.is_file()]
    files = tuple(dict.fromkeys(safe_name(folder, name) for name in names))
    if not {"tokenizer.json", "tokenizer.model"} & set(files):
        raise not_usable(folder, say("it-has-no", what="tokenizer.json, tokenizer.model"))
    ends = model.get("eos_token_id", [])
    spec: dict[str, Any] = {
        "runtime": "onnxruntime-genai",
        "architecture": str(model.get("type", "")),
        "context_tokens": positive(folder, model, "context_length"),
        "eos_token_ids": [int(token) for token in (ends if isinstance(ends, list) else [ends])],
        "chat_template": _chat_template(folder),
    }
    if pipeline:
        spec[PIPELINE] = asdict(pipeline) | {"summary": pipeline.summary}
    precision, provider = ("compiled", QNN) if pipeline else (precision_of(folder / graphs[0]), CPU)
    graph = Graph("decoder", graphs[0], precision, (provider,), files)
    proved_with = f"onnxruntime-genai {load_runtime().__version__}"
    return imported_manifest(folder, "llm", graph, spec, proved_with=proved_with)


def _pipeline_of(folder: Path, model: dict[str, Any]) -> Pipeline | None:
    """None for a model of one graph. A pipeline is refused where it cannot run, with what it is and what to do."""
    if not is_pipeline(model):
        return None
    pipeline = read_pipeline(folder, model)
    if reason := why_not_here(pipeline, list_devices()):
        raise not_usable(folder, reason, ADVICE)
    return pipeline


def _single_graph(folder: Path, decoder: dict[str, Any]) -> tuple[str, ...]:
    graph = safe_name(folder, decoder.get("filename") or "model.onnx")
    return (graph, *external_files(folder / graph))


def _refuse_other_kinds(folder: Path, model: dict[str, Any]) -> None:
    parts = [name for name in ("encoder", "vision", "speech", "embedding", "joiner") if name in model]
    if parts:
        raise not_usable(folder, say("it-is-no-text-model", parts=", ".join(parts)))
    if "custom_ops_library" in json.dumps(model):
        raise not_usable(folder, say("it-wants-own-library"))
    if model.get("tokenizer_dir"):
        raise not_usable(folder, say("its-tokenizer-elsewhere"), say("copy-tokenizer"))


def _prove(root: Path, manifest: Manifest, folder: Path) -> None:
    try:
        prove(root, manifest, (_PROOF,))
    except (PackCorrupt, ProviderUnavailable, DeviceFailed, RuntimeError) as error:
        raise not_usable(folder, say("genai-cannot-run-it", error=str(error))) from error


def _copy(folder: Path, root: Path, names: tuple[str, ...]) -> Iterator[Progress]:
    sizes = {name: (folder / name).stat().st_size for name in names}
    total, done = sum(sizes.values()), 0
    if shutil.disk_usage(root).free < total:
        raise StorageFull(say("model-needs-space", size=total / 2**30), say("free-space-import-again"))
    for name in names:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("rb") as source, target.open("wb") as sink:
            while block := source.read(_COPY_BLOCK_BYTES):
                sink.write(block)
                done += len(block)
                yield Progress(say("step-copying-model"), done, total, "bytes", name)


def _chat_template(folder: Path) -> str:
    """From `chat_template.jinja`, else from `chat_template` of tokenizer_config.json or chat_template.json."""
    if (folder / "chat_template.jinja").is_file():
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    for name in ("tokenizer_config.json", "chat_template.json"):
        template = read_json(folder, name).get("chat_template") if (folder / name).is_file() else None
        if isinstance(template, list):  # several, by name
            named = {entry.get("name"): entry.get("template") for entry in template}
            template = named.get("default") or next(iter(named.values()), None)
        if isinstance(template, str) and template.strip():
            return template
    raise not_usable(
        folder,
        say("it-has-no-chat-template"),
        say("import-instruct"),
    )
