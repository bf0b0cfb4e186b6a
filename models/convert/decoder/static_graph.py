"""A decoder as a graph of fixed shapes, out of plain ONNX operators that an NPU's compiler takes whole.

What goes in and out is described in `rag_core.runtime.npu.static`. Tensors have four dimensions at most, and a step
of one
token turns transpositions into reshapes. RMSNormalization (opset 23) has to be the operator: written out, the squares
overflow float16. The embedding is looked up outside, where it is not kept twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.convert.decoder.network import Network
from models.convert.decoder.static_weights import NamedWeights, Products, rows_of
from models.convert.decoder.weights import Layer
from models.convert.weight_file import NUMPY_TYPES, ONNX_TYPES, Precision

_OPSET = 23
_SILU_END = 10.0  # beyond, x or 0 is near enough: exp(10) is 22,026, exp(-10) a tenth of what float16 keeps beside 1


def keep_layer(file: NamedWeights, products: Products, network: Network, layer: Layer, index: int) -> None:
    """The layer's weights, as `StaticGraph` wants them.

    Query, key and value are one product, which is split by heads, not by columns: where a compiler split the weights
    themselves (three key heads of 64), it laid them out differently for prompts and for steps, and kept both.
    """
    stem = f"layers.{index}"
    file.add(f"{stem}.attention_norm", layer.attention_norm)
    file.add(f"{stem}.feed_forward_norm", layer.feed_forward_norm)
    products.keep(file, f"{stem}.qkv", layer.qkv)
    if layer.qkv_bias is not None:
        file.add(f"{stem}.qkv.bias", layer.qkv_bias)
    products.keep(file, f"{stem}.output", layer.output)
    products.keep(file, f"{stem}.gate", rows_of(layer.gate_up, 0, network.feed_forward))
    products.keep(file, f"{stem}.up", rows_of(layer.gate_up, network.feed_forward, 2 * network.feed_forward))
    products.keep(file, f"{stem}.down", layer.down)


class StaticGraph:
    """One window: `tokens` read at a time against a cache of `cache`."""

    def __init__(
        self, network: Network, file: NamedWeights, products: Products, tokens: int, cache: int, precision: Precision
    ) -> None:
        self._network = network
        self._file = file
        self._products = products
        self._tokens = tokens
        self._cache = cache
        self._precision = precision
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def write(self, path: Path, name: str) -> None:
        self._interface()
        self._body()
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, list(self._initializers.values()))
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="alcove"), path)

    def node(self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def weight(self, name: str) -> str:
        if name not in self._initializers:
            self._initializers[name] = self._file.tensor(name)
        return name

    def constant(self, name: str, values: Sequence[int] | float) -> str:
        """A float of the graph's type, or a list of whole numbers; the same name means the same values."""
        if name not in self._initializers:
            dtype: Any = NUMPY_TYPES[self._precision] if isinstance(values, float) else np.int64
            self._initializers[name] = numpy_helper.from_array(np.array(values, dtype), name)
        return name

    def _interface(self) -> None:
        network, tokens, cache = self._network, self._tokens, self._cache
        kind = ONNX_TYPES[self._precision]

        def tensor(name: str, *shape: int, of: int = kind) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, of, list(shape))

        self._inputs.append(tensor("embedded", 1, tokens, network.hidden))
        self._inputs += [tensor(name, 1, 1, tokens, network.rotary // 2) for name in ("cos", "sin")]
        self._inputs.append(tensor("mask", 1, 1, 1, tokens, cache + tokens))
        if tokens > 1:
            self._inputs.append(tensor("last", 1, of=TensorProto.INT32))
        self._outputs.append(tensor("logits", 1, 1, network.vocabulary))
        heads, size = network.kv_heads, network.head_size
        for layer in range(network.layers):
            self._inputs.append(tensor(f"past.{layer}.key", 1, heads, size, cache))
            self._inputs.append(tensor(f"past.{layer}.value", 1, heads, cache, size))
            self._outputs.append(tensor(f"new.{layer}.key", 1, heads, size, tokens))
            self._outputs.append(tensor(f"new.{layer}.value", 1, heads, tokens, size))

    def _body(self) -> None:
        hidden = "embedded"
        self._wide_mask()
        for index in range(self._network.layers):
            stem = f"layers.{index}"
            mixed = self._attention(index, self._norm(hidden, f"{stem}.attention_norm"))
            if index == self._network.layers - 1:  # only keys and values of the other rows are wanted
                mixed, hidden = self._last_row(mixed), self._last_row(hidden)
            attended = self._product(mixed, f"{stem}.output")
            hidden = self.node("Add", [hidden, attended], f"{stem}.attended")
            fed = self._feed_forward(stem, self._norm(hidden, f"{stem}.feed_forward_norm"))
            hidden = self.node("Add", [hidden, fed], f"{stem}.fed")
        self._products.product(self, self._norm(hidden, "final_norm"), "head", "logits")

    def _wide_mask(self) -> None:
        """The mask for scores of all query heads of a key head at a time, `(1, 1, group * tokens, cache + tokens)`."""
        group = self._network.heads // self._network.kv_heads
        shape = self.constant("shape.mask", (1, 1, self._tokens, self._cache + self._tokens))
        flat = self.node("Reshape", ["mask", shape], "mask.flat")
        self.node("Concat", [flat] * group, "mask.wide", axis=2)

    def _norm(self, source: str, name: str) -> str:
        epsilon = self._network.norm_epsilon
        return self.node("RMSNormalization", [source, self.weight(name)], f"{name}.out", axis=-1, epsilon=epsilon)

    def _last_row(self, source: str) -> str:
        return source if self._tokens == 1 else self.node("Gather", [source, "last"], f"{source}.last", axis=1)

    def _product(self, source: str, name: str) -> str:
        return self._products.product(self, source, name, f"{name}.product")

    def _attention(self, index: int, source: str) -> str:
        network, tokens, cache = self._network, self._tokens, self._cache
        stem, size = f"layers.{index}", network.head_size
        group = network.heads // network.kv_heads
        turning, value = self._split(
            self._heads(source, stem),
            (f"{stem}.turning", f"new.{index}.value"),
            "values",
            (network.heads + network.kv_heads, network.kv_heads),
            axis=1,
        )
        query, key = self._split(
            self._rotated(turning, stem),
            (f"{stem}.query", f"{stem}.key"),
            "keys",
            (network.heads, network.kv_heads),
            axis=1,
        )
        query = self.node("Mul", [query, self.constant("score_scale", float(size**-0.5))], f"{stem}.query.scaled")
        grouped = self.constant("shape.grouped", (1, network.kv_heads, group * tokens, size))
        query = self.node("Reshape", [query, grouped], f"{stem}.query.grouped")
        key = self._turned(key, f"new.{index}.key")
        old = self.node("MatMul", [query, f"past.{index}.key"], f"{stem}.scores.old")
        new = self.node("MatMul", [query, key], f"{stem}.scores.new")
        scores = self.node("Concat", [old, new], f"{stem}.scores", axis=-1)
        scores = self.node("Add", [scores, "mask.wide"], f"{stem}.scores.masked")
        shares = self.node("Softmax", [scores], f"{stem}.shares", axis=-1)
        old, new = self._split(shares, (f"{stem}.shares.old", f"{stem}.shares.new"), "lengths", (cache, tokens))
        old = self.node("MatMul", [old, f"past.{index}.value"], f"{stem}.mixed.old")
        new = self.node("MatMul", [new, value], f"{stem}.mixed.new")
        return self._merged(self.node("Add", [old, new], f"{stem}.mixed"), stem)

    def _heads(self, source: str, stem: str) -> str:
        """Queries, keys and values as `(1, heads + 2 * kv_heads, tokens, head_size)`."""
        network, tokens = self._network, self._tokens
        flat = self._product(source, f"{stem}.qkv")
        if network.qkv_bias:
            flat = self.node("Add", [flat, self.weight(f"{stem}.qkv.bias")], f"{stem}.qkv.biased")
        heads, size = network.heads + 2 * network.kv_heads, network.head_size
        if tokens == 1:
            return self.node("Reshape", [flat, self.constant("shape.heads", (1, heads, 1, size))], f"{stem}.heads")
        shape = self.constant("shape.heads", (1, tokens, heads, size))
        apart = self.node("Reshape", [flat, shape], f"{stem}.apart")
        return self.node("Transpose", [apart], f"{stem}.heads", perm=[0, 2, 1, 3])

    def _turned(self, key: str, output: str) -> str:
        """`(1, kv_heads, tokens, head_size)` with its last two axes exchanged."""
        if self._tokens == 1:
            shape = self.constant("shape.turned", (1, self._network.kv_heads, self._network.head_size, 1))
            return self.node("Reshape", [key, shape], output)
        return self.node("Transpose", [key], output, perm=[0, 1, 3, 2])

    def _merged(self, mixed: str, stem: str) -> str:
        """`(1, kv_heads, group * tokens, head_size)` as `(1, tokens, heads * head_size)`."""
        network, tokens = self._network, self._tokens
        if tokens > 1:
            shape = self.constant("shape.mixed", (1, network.heads, tokens, network.head_size))
            mixed = self.node("Reshape", [mixed, shape], f"{stem}.mixed.heads")
            mixed = self.node("Transpose", [mixed], f"{stem}.mixed.turned", perm=[0, 2, 1, 3])
        shape = self.constant("shape.merged", (1, tokens, network.q_size))
        return self.node("Reshape", [mixed, shape], f"{stem}.mixed.flat")

    def _rotated(self, heads: str, name: str) -> str:
        """Rotary positions (RoFormer, arXiv 2104.09864): channel i is paired with i + rotary / 2."""
        network = self._network
        half, rest = network.rotary // 2, network.head_size - network.rotary
        names = (f"{name}.first", f"{name}.second") + ((f"{name}.rest",) if rest else ())
        first, second, *others = self._split(heads, names, "halves", (half, half) + ((rest,) if rest else ()))

        def turned(kind: str, operator: str, cos_of: str, sin_of: str) -> str:
            by_cos = self.node("Mul", [cos_of, "cos"], f"{name}.{kind}.cos")
            by_sin = self.node("Mul", [sin_of, "sin"], f"{name}.{kind}.sin")
            return self.node(operator, [by_cos, by_sin], f"{name}.{kind}.turned")

        pair = [turned("first", "Sub", first, second), turned("second", "Add", second, first)]
        return self.node("Concat", [*pair, *others], f"{name}.rotated", axis=-1)

    def _split(
        self, source: str, names: tuple[str, ...], kind: str, lengths: tuple[int, ...], axis: int = -1
    ) -> tuple[str, ...]:
        sizes = self.constant(f"split.{kind}", lengths)
        self._nodes.append(helper.make_node("Split", [source, sizes], names, name=f"{source}.split", axis=axis))
        return names

    def _feed_forward(self, stem: str, source: str) -> str:
        gate, up = self._product(source, f"{stem}.gate"), self._product(source, f"{stem}.up")
        if self._network.activation == "silu":
            active = self._silu(gate, f"{stem}.gate")
        else:
            active = self.node("Gelu", [gate], f"{stem}.gate.active", approximate="tanh")
        return self._product(self.node("Mul", [active, up], f"{stem}.gated"), f"{stem}.down")

    def _silu(self, gate: str, name: str) -> str:
        """`x / (1 + exp(-x))` in float16: an NPU's Sigmoid of x below 0 is only as exact as numbers near 1 are.

        Measured on the emulator (QAIRT 2.51): around -4, `x * Sigmoid(x)` is off by 0.6%, this by 0.05%, and rounding
        alone by 0.02%; logits of SmolLM2 after 62 tokens by 0.013 instead of 0.038 (float16 on the processor: 0.009).
        Far powers have to be clipped: there exp(12) is no number, and where this was compiled into a whole layer, large
        x went wrong, too.
        """
        if self._precision == "fp32":
            return self.node("Mul", [gate, self.node("Sigmoid", [gate], f"{name}.share")], f"{name}.active")
        ends = [self.constant("silu.low", -_SILU_END), self.constant("silu.high", _SILU_END)]
        near = self.node("Clip", [gate, *ends], f"{name}.near")
        power = self.node("Exp", [self.node("Neg", [near], f"{name}.negative")], f"{name}.power")
        divisor = self.node("Add", [power, self.constant("silu.one", 1.0)], f"{name}.divisor")
        return self.node("Div", [gate, divisor], f"{name}.active")
