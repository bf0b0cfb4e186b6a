"""Weights for graphs of fixed shapes: one external file that all graphs of a model name, and products with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnx

from models.convert.decoder.weights import Blocks, Matrix
from models.convert.weight_file import NUMPY_TYPES, Precision, WeightFile

Array = npt.NDArray[Any]

_PART_ROWS = 4096  # of a matrix that are float32 at a time


class NamedWeights:
    """Tensors by name, each written once; any number of graphs then take the same bytes of the file."""

    def __init__(self, file: WeightFile, precision: Precision) -> None:
        self.precision = precision
        self._file = file
        self._tensors: dict[str, onnx.TensorProto] = {}

    def add(self, name: str, values: Array) -> None:
        """Floats become the graph's; other types stay what they are."""
        if values.dtype.kind == "f":
            values = values.astype(NUMPY_TYPES[self.precision], copy=False)
        self._tensors[name] = self._file.tensor(name, values)

    def tensor(self, name: str) -> onnx.TensorProto:
        return self._tensors[name]


class GraphNodes(Protocol):
    """What a product adds its nodes to."""

    def node(self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str: ...

    def weight(self, name: str) -> str:
        """An initializer out of the weight file."""


class Products(Protocol):
    """How products with weights are kept and computed: `keep` once per matrix, `product` in each graph."""

    @property
    def precision(self) -> str:
        """For `Graph.precision`."""

    def keep(self, file: NamedWeights, name: str, matrix: Matrix) -> None: ...

    def product(self, graph: GraphNodes, source: str, name: str, output: str) -> str:
        """`source @ matrix.T`."""


class PlainProducts:
    """MatMul with weights of the graph's own type."""

    def __init__(self, precision: Precision) -> None:
        self.precision: str = precision

    def keep(self, file: NamedWeights, name: str, matrix: Matrix) -> None:
        rows, columns = matrix.shape
        transposed = np.empty((columns, rows), NUMPY_TYPES[file.precision])
        for start, part in parts(matrix):
            transposed[:, start : start + len(part)] = part.T
        file.add(name, transposed)

    def product(self, graph: GraphNodes, source: str, name: str, output: str) -> str:
        return graph.node("MatMul", [source, graph.weight(name)], output)


@contextmanager
def new_weight_file(path: Path, precision: Precision) -> Iterator[NamedWeights]:
    with path.open("wb") as file:
        yield NamedWeights(WeightFile(file, path.name), precision)


def parts(matrix: Matrix) -> Iterator[tuple[int, Array]]:
    """The matrix as floats, some rows at a time, each with the number of its first row."""
    for start in range(0, matrix.shape[0], _PART_ROWS):
        part = rows_of(matrix, start, min(start + _PART_ROWS, matrix.shape[0]))
        yield start, part.dequantised() if isinstance(part, Blocks) else part


def rows_of(matrix: Matrix, start: int, stop: int) -> Matrix:
    return matrix.rows(start, stop) if isinstance(matrix, Blocks) else matrix[start:stop]
