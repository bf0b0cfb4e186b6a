"""Folders of several graphs that run one after the other ("decoder-pipeline"), in miniature."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from models.convert.decoder.network import Network
from tests.models.tiny_llm import write_folder

# What the graph of models.convert.decoder.graph calls the seams: after the lookup, and before the product with the
# head.
_EMBEDDED, _FINAL = "embedded", "final_in"
BINARY = "context_qnn.bin"


def write_pipeline(folder: Path, network: Network, kind: str) -> Path:
    """The model of `tiny_llm`, cut into three graphs for the processor: it says what the whole one says."""
    write_folder(folder, network, kind)
    whole = onnx.load(folder / "model.onnx")
    past = [value.name for value in whole.graph.input if value.name.startswith("past")]
    present = [value.name for value in whole.graph.output if value.name.startswith("present")]
    rows: list[str | int] = ["batch", "sequence", network.hidden]
    seams = [
        helper.make_tensor_value_info(_EMBEDDED, TensorProto.FLOAT, rows),
        helper.make_tensor_value_info(_FINAL, TensorProto.FLOAT, ["batch", 1, network.hidden]),
    ]
    stages = {
        "embeddings": (["input_ids"], [_EMBEDDED]),
        "context": ([_EMBEDDED, "attention_mask", *past], [_FINAL, *present]),
        "lm_head": ([_FINAL], ["logits"]),
    }
    for name, (inputs, outputs) in stages.items():
        onnx.save(_part(whole, inputs, outputs, seams), folder / f"{name}.onnx")
    (folder / "model.onnx").unlink()
    (folder / "model.onnx.data").unlink()
    _describe(folder, {name: _settings(name, *io) for name, io in stages.items()})
    return folder


def write_compiled_pipeline(folder: Path, network: Network, soc: str = "60", arch: str = "73") -> Path:
    """The same folder as Microsoft and Qualcomm publish them: the middle is a binary for one chip (here: no binary)."""
    write_pipeline(folder, network, "qwen2")
    graph = onnx.load(folder / "context.onnx").graph
    inputs, outputs = [v.name for v in graph.input], [v.name for v in graph.output]
    options = {"backend_path": "QnnHtp.dll", "htp_performance_mode": "burst", "soc_model": soc}
    session = {"provider_options": [{"qnn": options}]}
    stages: dict[str, Any] = {"embeddings": _settings("embeddings", ["input_ids"], [_EMBEDDED])}
    for name, where in (("prompt", {"run_on_token_gen": False}), ("token", {"run_on_prompt": False})):
        node = helper.make_node(
            "EPContext",
            inputs,
            outputs,
            domain="com.microsoft",
            embed_mode=0,
            ep_cache_context=BINARY,
            ep_sdk_version="v2.51.0.260929181845",
            source="QNNExecutionProvider",
        )
        compiled = helper.make_graph([node], name, graph.input, graph.output)
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(compiled, opset_imports=opsets, ir_version=10)
        told = model.metadata_props.add()
        told.key = "ep_compatibility_info.QNNExecutionProvider"
        told.value = f"v2:6:2.51.0:5.51.0:{arch}:{soc}:0:0"
        onnx.save(model, folder / f"{name}_ctx.onnx")
        stages[name] = _settings(f"{name}_ctx", inputs, outputs) | where | {"session_options": session}
    stages["lm_head"] = _settings("lm_head", [_FINAL], ["logits"]) | {"is_lm_head": True}
    (folder / "context.onnx").unlink()
    (folder / BINARY).write_bytes(b"what Qualcomm's compiler made")
    (folder / "QnnHtp.dll").write_bytes(b"a library that nobody asked for")
    _describe(folder, stages, {"sliding_window": {"window_size": 64, "alignment": "left"}})
    return folder


def _part(whole: onnx.ModelProto, inputs: list[str], outputs: list[str], seams: list[Any]) -> onnx.ModelProto:
    """The nodes between `inputs` and `outputs`."""
    wanted = set(outputs)
    kept: list[onnx.NodeProto] = []
    for node in reversed(whole.graph.node):
        if wanted & set(node.output):
            kept.insert(0, node)
            wanted |= set(node.input) - set(inputs)
    used = {name for node in kept for name in node.input}
    weights = [tensor for tensor in whole.graph.initializer if tensor.name in used]
    known = {value.name: value for value in (*whole.graph.input, *whole.graph.output, *seams)}
    graph = helper.make_graph(kept, "part", [known[name] for name in inputs], [known[n] for n in outputs], weights)
    return helper.make_model(graph, opset_imports=whole.opset_import, ir_version=10)


def _settings(graph: str, inputs: list[str], outputs: list[str]) -> dict[str, Any]:
    return {"filename": f"{graph}.onnx", "inputs": inputs, "outputs": outputs}


def _describe(folder: Path, stages: dict[str, Any], more: dict[str, Any] | None = None) -> None:
    path = folder / "genai_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    model = config["model"] | {"type": "decoder-pipeline"}
    model["decoder"] = {key: value for key, value in model["decoder"].items() if key != "filename"}
    model["decoder"] |= {"pipeline": [stages]} | (more or {})
    path.write_text(json.dumps(config | {"model": model}), encoding="utf-8")


def copy_of(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target / folder.name))
