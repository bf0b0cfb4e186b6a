"""A static pack of next to nothing: each graph is one product and a Relu, with weights that all graphs share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Graph, Manifest, Pack, new_pack, open_pack, write_manifest

_WEIGHTS = "weights.data"
_PROVIDERS = ("QNNExecutionProvider", "CPUExecutionProvider")


def weights(width: int) -> npt.NDArray[np.float16]:
    values = np.random.default_rng(0).normal(size=(width, width)) / np.sqrt(width)
    return np.asarray(values, np.float16)


def tiny_static(
    packs_dir: Path, rows: tuple[int, ...], pack_id: str = "tiny", width: int = 64, operator: str = "Relu"
) -> Pack:
    """A graph “rows-N” per number of rows; `kept.bin` is a file that is no graph."""
    values = weights(width)
    with new_pack(packs_dir, pack_id) as folder:
        (folder / _WEIGHTS).write_bytes(values.tobytes())
        (folder / "kept.bin").write_bytes(b"kept")
        for count in rows:
            _write(folder / f"rows-{count}.onnx", count, width, operator)
        graphs = tuple(
            Graph(f"rows-{count}", f"rows-{count}.onnx", "fp16", _PROVIDERS, (f"rows-{count}.onnx", _WEIGHTS))
            for count in rows
        )
        spec = {STATIC: {"dim": width, "buckets": []}}
        write_manifest(folder, Manifest(pack_id, "embedder", pack_id.title(), "MIT", "1", (), graphs, spec))
    return open_pack(packs_dir / pack_id)


def _write(path: Path, rows: int, width: int, operator: str) -> None:
    weight = onnx.TensorProto(name="weight", dims=[width, width], data_type=TensorProto.FLOAT16)
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", _WEIGHTS), ("offset", 0), ("length", 2 * width * width)):
        weight.external_data.add(key=key, value=str(value))
    nodes = [
        helper.make_node("MatMul", ["x", "weight"], ["product"], name="product"),
        helper.make_node(operator, ["product"], ["y"], name="last"),
    ]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT16, [1, rows, width]) for name in "xy")
    graph = helper.make_graph(nodes, f"rows_{rows}", [x], [y], [weight])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
