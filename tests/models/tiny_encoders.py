"""Sentence-transformers folders with small random weights, of two architectures that the default embedder is not.

`cls_bert`: post-norm BERT without token types, first token as vector, prompts before questions and passages.
`rotary`: pre-norm, rotary positions and a gated feed-forward like ModernBERT, mean of tokens, byte-level BPE.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tokenizers
from onnx import TensorProto, helper

from models.convert.encoder.graph import GraphWriter
from rag_core.types import FloatArray

HIDDEN, HEADS, LAYERS, VOCABULARY = 32, 4, 2, 300
_HEAD = HIDDEN // HEADS
_WORDS = (
    "who pays the travel costs what is notice period three months query passage : ? . a of and annual leave".split()
)


class _Writer(GraphWriter):
    """A graph writer that names things itself and draws weights."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._draw = np.random.default_rng(seed)

    def op(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return self.node(operator, inputs, f"{operator}.{len(self.nodes)}", **attributes)

    def value(self, values: Any, dtype: Any = np.float32) -> str:
        return self.constant(f"value.{len(self.initializers)}", np.array(values, dtype))

    def weight(self, *shape: int) -> str:
        return self.value(self._draw.normal(size=shape) * 0.3)

    def norm(self, x: str) -> str:
        return self.op("LayerNormalization", x, self.value(np.ones(HIDDEN)), self.value(np.zeros(HIDDEN)), axis=-1)

    def linear(self, x: str, outputs: int, inputs: int = HIDDEN) -> str:
        return self.op("MatMul", x, self.weight(inputs, outputs))

    def heads(self, x: str) -> str:
        shape = self.value([0, -1, HEADS, _HEAD], np.int64)
        return self.op("Transpose", self.op("Reshape", x, shape), perm=[0, 2, 1, 3])

    def attention(self, q: str, k: str, v: str) -> str:
        scores = self.op("MatMul", q, self.op("Transpose", k, perm=[0, 1, 3, 2]))
        scaled = self.op("Mul", scores, self.value(_HEAD**-0.5))
        masked = self.op("Add", scaled, self.op("Unsqueeze", self.bias, self.value([1, 2], np.int64)))
        mixed = self.op("MatMul", self.op("Softmax", masked, axis=-1), v)
        back = self.op("Transpose", mixed, perm=[0, 2, 1, 3])
        return self.linear(self.op("Reshape", back, self.value([0, -1, HIDDEN], np.int64)), HIDDEN)

    def mask(self) -> None:
        """(texts, tokens): 0 where a token is, very negative where padding is."""
        present = self.op("Cast", "attention_mask", to=TensorProto.FLOAT)
        self.bias = self.op("Mul", self.op("Sub", present, self.value(1)), self.value(1e4))

    def rotate(self, x: str, angles: str) -> str:
        left, right = f"left.{len(self.nodes)}", f"right.{len(self.nodes)}"
        self.nodes.append(helper.make_node("Split", [x], [left, right], axis=-1, num_outputs=2))
        turned = self.op("Concat", self.op("Neg", right), left, axis=-1)
        straight = self.op("Mul", x, self.op("Cos", angles))
        return self.op("Add", straight, self.op("Mul", turned, self.op("Sin", angles)))

    def positions(self) -> str:
        length = self.op("Squeeze", self.op("Shape", "input_ids", start=1, end=2))
        return self.op("Range", self.value(0, np.int64), length, self.value(1, np.int64))

    def save(self, path: Path, states: str, output: str) -> None:
        self.node("Identity", [states], output)
        ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "s"]) for n in ("input_ids", "attention_mask")]
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["b", "s", HIDDEN])
        graph = helper.make_graph(self.nodes, "tiny", ids, [result], self.initializers)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)


def cls_bert(folder: Path) -> Path:
    """`onnx/model.onnx`, output `last_hidden_state`."""
    g = _Writer(1)
    g.mask()
    words = g.op("Gather", g.weight(VOCABULARY, HIDDEN), "input_ids")
    x = g.norm(g.op("Add", words, g.op("Gather", g.weight(64, HIDDEN), g.positions())))
    for _ in range(LAYERS):
        x = g.norm(g.op("Add", x, g.attention(*(g.heads(g.linear(x, HIDDEN)) for _ in range(3)))))
        x = g.norm(g.op("Add", x, g.linear(g.op("Relu", g.linear(x, 64)), HIDDEN, 64)))
    g.save(folder / "onnx" / "model.onnx", x, "last_hidden_state")
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_WORDS])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, "[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    _describe(folder, tokenizer, {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, 48)
    prompts = {"prompts": {"query": "query: ", "passage": "passage: "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts), encoding="utf-8")
    return folder


def rotary(folder: Path) -> Path:
    """`model.onnx`, output `token_embeddings`."""
    g = _Writer(2)
    g.mask()
    frequencies = 1000.0 ** -(np.arange(0, _HEAD, 2) / _HEAD)
    steps = g.op("Unsqueeze", g.op("Cast", g.positions(), to=TensorProto.FLOAT), g.value([1], np.int64))
    angles = g.op("Mul", steps, g.value(np.concatenate([frequencies, frequencies])))
    x = g.op("Gather", g.weight(VOCABULARY, HIDDEN), "input_ids")
    for _ in range(LAYERS):
        y = g.norm(x)
        q, k = (g.rotate(g.heads(g.linear(y, HIDDEN)), angles) for _ in range(2))
        x = g.op("Add", x, g.attention(q, k, g.heads(g.linear(y, HIDDEN))))
        y = g.norm(x)
        gated = g.op("Mul", g.op("Sigmoid", g.linear(y, 48)), g.linear(y, 48))
        x = g.op("Add", x, g.linear(gated, HIDDEN, 48))
    g.save(folder / "model.onnx", g.norm(x), "token_embeddings")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=["<s>", "</s>"], initial_alphabet=sorted(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator([" ".join(_WORDS)] * 4, trainer)
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    _describe(folder, tokenizer, {"pooling_mode_mean_tokens": True}, 40)
    return folder


def _describe(folder: Path, tokenizer: Any, pooling: dict[str, bool], max_tokens: int) -> None:
    tokenizer.save(str(folder / "tokenizer.json"))
    modules = [
        {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (folder / "1_Pooling").mkdir()
    for name, content in {
        "modules.json": modules,
        "1_Pooling/config.json": {"word_embedding_dimension": HIDDEN, **pooling},
        "sentence_bert_config.json": {"max_seq_length": max_tokens},
        "config.json": {"model_type": "tiny", "hidden_size": HIDDEN, "max_position_embeddings": 64},
    }.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def states_of(folder: Path, text: str, max_tokens: int) -> FloatArray:
    """What the folder's graph says to `text` when it is asked directly, as it is written: (tokens, HIDDEN)."""
    import onnxruntime

    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    ids = np.array([tokenizer.encode(text).ids], np.int64)
    (graph,) = folder.rglob("model.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    states: FloatArray = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
    return states
