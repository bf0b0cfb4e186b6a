"""Whether arrays are what a graph takes; asked only after a run has failed, so it costs a good one nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_OTHER_NAMES = {"float32": "float", "float64": "double", "str": "string"}  # ONNX's, where NumPy has another


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """An input or output of a graph. A dimension that is not fixed is None."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


def what_does_not_fit(inputs: Sequence[TensorInfo], feeds: Mapping[str, npt.NDArray[Any]]) -> str:
    """For whoever wrote the caller; empty where all fits, so that the fault is the device's."""
    wanted = {tensor.name: tensor for tensor in inputs}
    wrong = [f"“{name}” is missing" for name in wanted if name not in feeds]
    wrong += [f"“{name}” is not an input" for name in feeds if name not in wanted]
    for name, value in feeds.items():
        tensor = wanted.get(name)
        if tensor is not None and not _fits(tensor, value):
            wrong.append(f"“{name}” is {_dtype(value)} {value.shape}, not {tensor.dtype} {tensor.shape}")
    return "; ".join(wrong)


def _fits(tensor: TensorInfo, value: npt.NDArray[Any]) -> bool:
    fixed = zip(tensor.shape, value.shape, strict=False)
    same_size = all(wanted in (None, given) for wanted, given in fixed)
    return _dtype(value) == tensor.dtype and value.ndim == len(tensor.shape) and same_size


def _dtype(value: npt.NDArray[Any]) -> str:
    name = np.dtype(value.dtype).name
    return f"tensor({_OTHER_NAMES.get(name, name)})"
