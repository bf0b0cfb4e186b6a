"""The embedder's graphs of fixed shapes compute what its CPU graph computes, from what an installed pack holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from models.convert.encoder.graph import Float32
from models.convert.encoder.installed import read_encoder
from models.convert.encoder.quantise import Int8
from models.convert.encoder.static import write_static
from models.convert.weight_file import Precision
from rag_core.errors import PackCorrupt, UserError
from rag_core.runtime.npu.static import encoder_shapes
from rag_core.runtime.pack import Pack, open_pack, verify, write_manifest
from rag_core.types import FloatArray
from tests.models.tiny_encoders import cls_bert
from tests.models.tiny_minilm import CPU, NETWORK, random_tensors, random_weights, reference, write_pack

TEXTS = ([2, 4, 5, 6, 7, 8, 9, 3], [2, 3], [2, *range(10, 22), 3])
BUCKETS = ((1, 8), (1, 32), (4, 16))


@pytest.fixture
def source(tmp_path: Path) -> Pack:
    graphs = (("int8", random_weights(), Int8(), CPU), ("fp32", random_weights(), Float32(), CPU))
    return write_pack(tmp_path / "source", graphs)


def _vectors(pack: Pack, graph: str, texts: Sequence[Sequence[int]]) -> FloatArray:
    """`texts` as the first rows of one run, the other rows empty texts."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(pack.path_of(pack.graph(graph).path)), providers=["CPUExecutionProvider"]
    )
    ids_info, mask_info = session.get_inputs()
    ids, mask = np.zeros(ids_info.shape, np.int32), np.zeros(ids_info.shape, np.float32)
    ids[:, :2], mask[:, :2] = (2, 3), 1
    for row, text in enumerate(texts):
        ids[row, : len(text)], mask[row, : len(text)] = text, 1
    kind = np.float16 if mask_info.type == "tensor(float16)" else np.float32
    (vectors,) = session.run(["vectors"], {"input_ids": ids, "mask": mask.astype(kind)})
    assert vectors.dtype == kind
    result: FloatArray = vectors[: len(texts)].astype(np.float32)
    return result


def _wanted(texts: Sequence[Sequence[int]]) -> FloatArray:
    return np.stack([reference(random_tensors(), list(text)) for text in texts])


def test_the_weights_are_read_back_as_they_were_written(source: Pack) -> None:
    network, weights = read_encoder(source)
    assert replace(network, epsilon=NETWORK.epsilon) == NETWORK
    assert network.epsilon == pytest.approx(NETWORK.epsilon)
    wanted = random_weights()
    np.testing.assert_equal(_plain(weights), _plain(wanted))


def _plain(value: Any) -> Any:
    names = getattr(value, "__dataclass_fields__", None)
    if names:
        return {name: _plain(getattr(value, name)) for name in names}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize(("precision", "near"), [("fp32", 1e-6), ("fp16", 1e-4)])
def test_padding_changes_nothing_and_the_network_is_bert(
    source: Pack, tmp_path: Path, precision: Precision, near: float
) -> None:
    pack = write_static(source, tmp_path / "static", BUCKETS, precision)
    wanted = _wanted(TEXTS)
    got = np.concatenate([_vectors(pack, "encoder_1x32", [text]) for text in TEXTS])
    assert 1 - np.sum(got * wanted, axis=1).min() < near
    together = _vectors(pack, "encoder_4x16", TEXTS)
    assert 1 - np.sum(together * wanted, axis=1).min() < near
    np.testing.assert_allclose(_vectors(pack, "encoder_1x8", TEXTS[:1]), wanted[:1], atol=0.02)


def test_the_pack_describes_itself_and_holds_every_weight_once(source: Pack, tmp_path: Path) -> None:
    pack = write_static(source, tmp_path / "static", BUCKETS)
    verify(pack)
    static = encoder_shapes(pack)
    assert static.dim == NETWORK.hidden
    assert [(bucket.batch, bucket.tokens) for bucket in static.buckets] == list(BUCKETS)
    assert pack.manifest.spec | {"static": None} == source.manifest.spec | {"static": None}
    one = write_static(source, tmp_path / "one", BUCKETS[1:2])
    sizes = [p.path_of("weights.data").stat().st_size for p in (one, pack)]
    # What differs is the rows of the position table: each bucket has its own number of them.
    assert sizes[1] - sizes[0] <= 2 * (4096 + 4 * 16 * NETWORK.hidden * 2)


def test_every_operator_is_plain_onnx(source: Pack, tmp_path: Path) -> None:
    pack = write_static(source, tmp_path / "static", BUCKETS[:1])
    model = onnx.load(str(pack.path_of("encoder_1x8.onnx")))
    onnx.checker.check_model(str(pack.path_of("encoder_1x8.onnx")), full_check=True)
    assert {node.domain for node in model.graph.node} == {""}


def test_a_bucket_beyond_the_positions_is_refused(source: Pack, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="positions for 40"):
        write_static(source, tmp_path / "static", ((1, 64),))


def test_a_pack_of_another_recipe_is_refused_in_plain_words(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "int8")
    with pytest.raises(UserError, match="not one that Alcove can prepare for an NPU"):
        write_static(pack, tmp_path / "static", BUCKETS)
    foreign = write_pack(tmp_path / "foreign", (("fp32", random_weights(), Float32(), CPU),))
    other = cls_bert(_made(tmp_path / "other"))
    path = foreign.path_of("fp32.onnx")
    path.write_bytes(next(other.rglob("*.onnx")).read_bytes())
    with pytest.raises(PackCorrupt, match="damaged"):
        read_encoder(foreign)
    write_manifest(foreign.root, foreign.manifest)
    with pytest.raises(UserError, match="not one that Alcove can prepare"):
        read_encoder(open_pack(foreign.root))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
