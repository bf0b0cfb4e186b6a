"""Weights for graphs of fixed shapes: one external file that all graphs of a model name, and products with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from models.decoder.weights import Blocks, Matrix

Precision = Literal["fp16", "fp32"]
Array = npt.NDArray[Any]

NUMPY_TYPES: dict[Precision, type[np.floating[Any]]] = {"fp16": np.float16, "fp32": np.float32}
ONNX_TYPES: dict[Precision, int] = {"fp16": TensorProto.FLOAT16, "fp32": TensorProto.FLOAT}
_ALIGNMENT = 4096  # so that the runtime can map a tensor instead of copying it
_PART_ROWS = 4096  # of a matrix that are float32 at a time


class WeightFile:
    """Tensors, each written once; any number of graphs then take the same bytes of the file."""

    def __init__(self, file: IO[bytes], name: str, precision: Precision) -> None:
        self.precision = precision
        self._file = file
        self._name = name
        self._tensors: dict[str, onnx.TensorProto] = {}

    def add(self, name: str, values: Array) -> None:
        """Floats become the graph's; other types stay what they are."""
        if values.dtype.kind == "f":
            values = values.astype(NUMPY_TYPES[self.precision], copy=False)
        tensor = onnx.TensorProto(name=name, dims=values.shape)
        tensor.data_type = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor.data_location = TensorProto.EXTERNAL
        self._file.write(bytes(-self._file.tell() % _ALIGNMENT))
        for key, value in (("location", self._name), ("offset", self._file.tell()), ("length", values.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
        self._file.write(np.ascontiguousarray(values).data)
        self._tensors[name] = tensor

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

    def keep(self, file: WeightFile, name: str, matrix: Matrix) -> None: ...

    def product(self, graph: GraphNodes, source: str, name: str, output: str) -> str:
        """`source @ matrix.T`."""


class PlainProducts:
    """MatMul with weights of the graph's own type."""

    def __init__(self, precision: Precision) -> None:
        self.precision: str = precision

    def keep(self, file: WeightFile, name: str, matrix: Matrix) -> None:
        rows, columns = matrix.shape
        transposed = np.empty((columns, rows), NUMPY_TYPES[file.precision])
        for start, part in parts(matrix):
            transposed[:, start : start + len(part)] = part.T
        file.add(name, transposed)

    def product(self, graph: GraphNodes, source: str, name: str, output: str) -> str:
        return graph.node("MatMul", [source, graph.weight(name)], output)


@contextmanager
def weight_file(path: Path, precision: Precision) -> Iterator[WeightFile]:
    with path.open("wb") as file:
        yield WeightFile(file, path.name, precision)


def parts(matrix: Matrix) -> Iterator[tuple[int, Array]]:
    """The matrix as floats, some rows at a time, each with the number of its first row."""
    for start in range(0, matrix.shape[0], _PART_ROWS):
        part = rows_of(matrix, start, min(start + _PART_ROWS, matrix.shape[0]))
        yield start, part.dequantised() if isinstance(part, Blocks) else part


def rows_of(matrix: Matrix, start: int, stop: int) -> Matrix:
    return matrix.rows(start, stop) if isinstance(matrix, Blocks) else matrix[start:stop]
