"""One file for the weights of several ONNX graphs: what two of them hold alike is stored once."""

from __future__ import annotations

import hashlib
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

Precision = Literal["fp16", "fp32"]
NUMPY_TYPES: dict[Precision, type[np.floating[Any]]] = {"fp16": np.float16, "fp32": np.float32}
ONNX_TYPES: dict[Precision, int] = {"fp16": TensorProto.FLOAT16, "fp32": TensorProto.FLOAT}

_ALIGNMENT = 4096  # so that the runtime can map a tensor instead of copying it
_SMALL = 1024  # below this a tensor lies in the graph itself, so that the runtime can fold it


class WeightFile:
    """Writes the bytes of tensors to `data`, known to the graphs beside it as `name`."""

    def __init__(self, data: IO[bytes], name: str) -> None:
        self._data = data
        self._name = name
        self._places: dict[bytes, int] = {}

    def tensor(self, name: str, values: npt.NDArray[Any]) -> onnx.TensorProto:
        """An initializer called `name`: its bytes in the file, wherever equal ones lie already, or in itself."""
        tensor = onnx.TensorProto(name=name, dims=values.shape)
        tensor.data_type = helper.np_dtype_to_tensor_dtype(values.dtype)
        raw = np.ascontiguousarray(values).reshape(-1).view(np.uint8)  # no copy: a matrix may be a gigabyte
        if raw.size < _SMALL:
            tensor.raw_data = raw.tobytes()
            return tensor
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": self._name, "offset": self._place(raw), "length": raw.size}.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor

    def _place(self, raw: npt.NDArray[np.uint8]) -> int:
        digest = hashlib.sha256(raw.data).digest()
        if digest not in self._places:
            self._data.write(bytes(-self._data.tell() % _ALIGNMENT))
            self._places[digest] = self._data.tell()
            self._data.write(raw.data)
        return self._places[digest]
