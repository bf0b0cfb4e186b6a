"""The language model with 8-bit weights and 16-bit integers between all operators: tried, measured, and not offered.

One channel of SmolLM2's residual stream reaches 24,857 at the first token of a prompt, from the twelfth layer on. One
16-bit scale for all channels then has steps of 0.4, and the others lose their precision.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import onnx

from models.convert.weight_file import WeightFile
from models.training.quantised.qdq import masked_ranges, with_integers
from models.training.quantised.ranges import Array, Interval, Ranges, measured
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from tests.models.static_loop import StaticLoop

_STEPS = 8
_WEIGHTS = "weights.data"


def write_refused_decoder(plain: Path, folder: Path, prompts: Sequence[Sequence[int]]) -> Pack:
    """From the static fp32 pack in `plain`; ranges are measured on `prompts` and some tokens after each."""
    source = open_pack(plain)
    models = {graph.name: onnx.load(str(source.path_of(graph.path))) for graph in source.manifest.graphs}
    fed = _feeds(source, prompts)
    ranges: Ranges = {}
    for name, model in models.items():
        for tensor, seen in measured(model, fed[name]).items():
            ranges[tensor] = seen.joined(ranges.get(tensor))
    ranges |= {name: Interval(-1, 1) for name in ("cos", "sin")}
    for name in [name for name in ranges if name.startswith("past.")]:
        ranges[name] = ranges[name].joined(ranges[name.replace("past.", "new.")])
    folder.mkdir(parents=True)
    shutil.copy(source.path_of("embedding.npy"), folder)
    with (folder / _WEIGHTS).open("wb") as data:
        file = WeightFile(data, _WEIGHTS)
        for graph in source.manifest.graphs:
            own = {tensor for node in models[graph.name].graph.node for tensor in node.output}
            own |= {tensor.name for tensor in models[graph.name].graph.input}
            mine = masked_ranges(models[graph.name].graph, {n: ranges[n] for n in own & ranges.keys()})
            rewritten = with_integers(models[graph.name], mine, file.tensor)
            (folder / graph.path).write_bytes(rewritten.SerializeToString())
    write_manifest(folder, replace(source.manifest, files=()))
    return open_pack(folder)


def _feeds(source: Pack, prompts: Sequence[Sequence[int]]) -> dict[str, list[dict[str, Array]]]:
    """What each graph is fed with while it reads the prompts and goes on."""
    import onnxruntime

    sessions = {
        graph.name: onnxruntime.InferenceSession(str(source.path_of(graph.path)), providers=["CPUExecutionProvider"])
        for graph in source.manifest.graphs
    }
    fed: dict[str, list[dict[str, Array]]] = {graph: [] for graph in sessions}

    def run(graph: str, feeds: dict[str, Array]) -> list[Array]:
        fed[graph].append({name: value.copy() for name, value in feeds.items()})
        return list(sessions[graph].run(None, feeds))

    loop = StaticLoop(source, run)
    for prompt in prompts:
        loop.greedy(prompt, _STEPS)
    return fed
