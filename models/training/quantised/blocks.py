"""Products with the installed pack's own codes: 4- and 8-bit weights in blocks, activations in 16-bit floats.

MatMulNBits (domain com.microsoft, ONNX Runtime's docs/ContribOperators.md) goes to the NPU whole, and the codes stay
what they are in the compiled context (QAIRT 2.49 and later: "FP16-activation block quantization"). Nothing is rounded
again and nothing has to be calibrated: the NPU computes with exactly the weights that the processor computes with.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.convert.decoder.static_weights import GraphNodes, NamedWeights, PlainProducts
from models.convert.decoder.weights import Blocks, Matrix, pack
from models.convert.weight_file import Precision

CONTRIB = "com.microsoft"


class BlockProducts:
    """For `models.convert.decoder.static.write_static`. A matrix without codes is multiplied as it is.

    Zero points of whole numbers leave offsets (see `Blocks`); they are multiplied with the mean of each block of the
    input, which follows the input as more columns.
    """

    precision = "w4a16"

    def __init__(self, floats: Precision = "fp16") -> None:
        self._plain = PlainProducts(floats)
        self._kept: dict[str, Blocks] = {}
        self._columns: dict[str, int] = {}  # of a matrix with sum columns: how many it has without
        self._kept_means: set[str] = set()
        self._extended: tuple[GraphNodes, str, str] | None = None

    def keep(self, file: NamedWeights, name: str, matrix: Matrix) -> None:
        if not isinstance(matrix, Blocks):
            self._plain.keep(file, name, matrix)
            return
        if matrix.offsets is not None:
            columns = matrix.shape[1]
            matrix = matrix.with_sum_columns()
            self._keep_means(file, columns, matrix.shape[1] - columns, matrix.block)
            self._columns[name] = columns
        rows, columns = matrix.shape
        file.add(f"{name}.codes", pack(matrix.codes, matrix.bits).reshape(rows, columns // matrix.block, -1))
        file.add(f"{name}.scales", matrix.scales)
        if matrix.zero_points is not None:
            file.add(f"{name}.zero_points", pack(matrix.zero_points, matrix.bits))
        # Codes are not needed again, and a large model has gigabytes of them.
        self._kept[name] = replace(matrix, codes=np.empty((0, columns), np.uint8))

    def product(self, graph: GraphNodes, source: str, name: str, output: str) -> str:
        matrix = self._kept.get(name)
        if matrix is None:
            return self._plain.product(graph, source, name, output)
        if name in self._columns:
            source = self._with_means(graph, source, self._columns[name])
        parts = ["codes", "scales"] + (["zero_points"] if matrix.zero_points is not None else [])
        inputs = [source, *(graph.weight(f"{name}.{part}") for part in parts)]
        sizes = {"K": matrix.codes.shape[1], "N": len(matrix.scales), "bits": matrix.bits, "block_size": matrix.block}
        return graph.node("MatMulNBits", inputs, output, CONTRIB, **sizes)

    def _keep_means(self, file: NamedWeights, columns: int, extra: int, block: int) -> None:
        name = _means(columns)
        if name not in self._kept_means:
            self._kept_means.add(name)
            membership = np.zeros((columns, extra), np.float32)
            membership[np.arange(columns), np.arange(columns) // block] = 1 / block
            file.add(name, membership)

    def _with_means(self, graph: GraphNodes, source: str, columns: int) -> str:
        """`source` followed by the mean of each block of its channels; the products of one input follow each other."""
        if self._extended is None or self._extended[0] is not graph or self._extended[1] != source:
            means = graph.node("MatMul", [source, graph.weight(_means(columns))], f"{source}.means")
            extended = graph.node("Concat", [source, means], f"{source}.with_means", axis=-1)
            self._extended = (graph, source, extended)
        return self._extended[2]


def _means(columns: int) -> str:
    return f"block_means.{columns}"
