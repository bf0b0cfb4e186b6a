"""What an embedder's pack says about itself, checked once when it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rag_core.errors import PackCorrupt
from rag_core.messages import say
from rag_core.runtime.feeds import TensorInfo
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import Array
from rag_core.runtime.tokenizer import TokenIds

_DTYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """`Manifest.spec` of an embedder.

    `pooling` is the model's; `pooled` says that the graph does it (and the normalisation) itself and its output has the
    shape (texts, dim), else it is (texts, tokens, dim). `inputs` maps what the graph takes to what it calls it:
    "ids" and, where the graph has them, "mask", "types" and "positions".
    """

    dim: int
    max_tokens: int
    pooling: str
    pooled: bool
    normalize: bool
    query_prefix: str = ""
    passage_prefix: str = ""
    tokenizer: str = "tokenizer.json"
    output_index: int = 0
    inputs: dict[str, str] = field(default_factory=lambda: {"ids": "input_ids"})

    def feeds(self, ids: TokenIds, tensors: tuple[TensorInfo, ...]) -> dict[str, Array]:
        """The inputs of a graph for unpadded `ids` (texts, tokens)."""
        values: dict[str, TokenIds] = {"ids": ids}
        if "mask" in self.inputs:
            values["mask"] = np.ones_like(ids)
        if "types" in self.inputs:
            values["types"] = np.zeros_like(ids)
        if "positions" in self.inputs:
            values["positions"] = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
        dtypes = {tensor.name: _DTYPES.get(tensor.dtype, np.int64) for tensor in tensors}
        return {
            name: values[role].astype(dtypes[name], copy=False) for role, name in self.inputs.items() if name in dtypes
        }


def read_spec(pack: Pack) -> EncoderSpec:
    """Raises PackCorrupt for a pack of another role, or one whose description lacks something or contradicts itself."""
    if pack.manifest.role != "embedder":
        raise PackCorrupt(say("pack-is-no-embedder", pack=pack.id, role=pack.manifest.role))
    stored: dict[str, Any] = pack.manifest.spec
    prefixes = stored.get("prefixes", {})
    try:
        spec = EncoderSpec(
            dim=int(stored["dim"]),
            max_tokens=int(stored["max_tokens"]),
            pooling=str(stored["pooling"]),
            pooled=bool(stored.get("pooled", False)),
            normalize=bool(stored.get("normalize", True)),
            query_prefix=str(prefixes.get("query", "")),
            passage_prefix=str(prefixes.get("passage", "")),
            tokenizer=str(stored.get("tokenizer", "tokenizer.json")),
            output_index=int(stored.get("output_index", 0)),
            inputs=dict(stored.get("inputs", {"ids": "input_ids"})),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PackCorrupt(say("embedder-incomplete", pack=pack.id, error=str(error)), say("make-pack-again")) from error
    if spec.pooling not in ("mean", "cls", "last", "max") or spec.dim < 1 or spec.max_tokens < 3:
        raise PackCorrupt(say("embedder-makes-no-sense", pack=pack.id), say("make-pack-again"))
    return spec
