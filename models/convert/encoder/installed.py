"""The network and its weights as an installed pack holds them: other graphs are written without a download."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from models.convert.encoder.network import Affine, Layer, Network, Norm, Weights
from rag_core.errors import PackCorrupt, UserError
from rag_core.messages import Message, say
from rag_core.runtime.pack import Pack, verify
from rag_core.types import FloatArray

Tensor = Callable[[str], FloatArray]


def read_encoder(pack: Pack) -> tuple[Network, Weights]:
    """Out of the fp32 graph that `models.convert.encoder.graph.write_encoder` wrote: the exact inverse of it.

    Raises UserError for a pack that another recipe made, PackCorrupt for a damaged one.
    """
    network, weights, _ = read_graph(pack)
    return network, weights


def read_graph(pack: Pack) -> tuple[Network, Weights, Tensor]:
    """As `read_encoder`, and what gives any other constant of the graph by its name: those of a head."""
    graph = next((graph for graph in pack.manifest.graphs if graph.precision == "fp32"), None)
    if graph is None:
        raise _foreign(pack, say("it-has-no", what="fp32"))
    verify(pack, only=(graph.path,))
    try:
        model = onnx.load(str(pack.path_of(graph.path)))
    except (OSError, ValueError) as error:
        raise PackCorrupt(say("graph-unreadable", graph=graph.path, pack=pack.id, error=str(error))) from error
    constants = {tensor.name: tensor for tensor in model.graph.initializer}

    def tensor(name: str) -> FloatArray:
        if name not in constants:
            raise _foreign(pack, say("it-has-no", what=name))
        return np.asarray(numpy_helper.to_array(constants[name]), np.float32)

    layers = tuple(_layer(tensor, f"layer.{index}") for index in range(_layer_count(constants)))
    weights = Weights(tensor("words.table"), tensor("positions.table"), _norm(tensor, "embeddings"), layers)
    return _network(pack, model, weights), weights, tensor


def _network(pack: Pack, model: Any, weights: Weights) -> Network:
    heads, epsilon = _attribute(model, "num_heads"), _attribute(model, "epsilon")
    if not weights.layers or heads is None or epsilon is None:
        raise _foreign(pack, say("it-has-no", what="attention"))
    return Network(
        hidden=weights.word.shape[1],
        heads=int(heads),
        layers=len(weights.layers),
        intermediate=len(weights.layers[0].up.weight),
        vocabulary=len(weights.word),
        positions=len(weights.position),
        epsilon=float(epsilon),
    )


def _attribute(model: Any, name: str) -> float | None:
    """Of the first node that has it: all of one kind are alike."""
    values = (onnx.helper.get_attribute_value(a) for node in model.graph.node for a in node.attribute if a.name == name)
    return next(values, None)


def _layer_count(constants: dict[str, Any]) -> int:
    return len({name.split(".")[1] for name in constants if name.startswith("layer.")})


def _layer(tensor: Tensor, name: str) -> Layer:
    return Layer(
        query=affine(tensor, f"{name}.attention.query"),
        key=affine(tensor, f"{name}.attention.key"),
        value=affine(tensor, f"{name}.attention.value"),
        context=affine(tensor, f"{name}.mixed.dense"),
        up=affine(tensor, f"{name}.up.dense"),
        down=affine(tensor, f"{name}.down.dense"),
        context_norm=_norm(tensor, f"{name}.context_norm"),
        output_norm=_norm(tensor, f"{name}.output_norm"),
    )


def affine(tensor: Tensor, name: str) -> Affine:
    """The matrix `name`.weight and `name`.bias of a graph, turned as `Affine` has it."""
    return Affine(tensor(f"{name}.weight").T, tensor(f"{name}.bias"))


def _norm(tensor: Tensor, name: str) -> Norm:
    return Norm(tensor(f"{name}.weight"), tensor(f"{name}.bias"))


def _foreign(pack: Pack, why: Message) -> UserError:
    return UserError(say("model-not-for-npu", title=pack.manifest.title, why=why), say("works-on-processor"))
