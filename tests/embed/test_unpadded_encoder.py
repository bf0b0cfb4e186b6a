"""The encoder proves its graph, works in small steps, and can be stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.convert.encoder.graph import Float32
from models.convert.encoder.quantise import Int8
from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import open_encoder
from rag_core.errors import Cancelled, PackCorrupt
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from tests.embed.static_encoders import PROOF, canonical
from tests.models.tiny_minilm import CPU, random_weights, write_pack

MANY = tuple(f"{n} the notice " + "is " * (n % 13) for n in range(50))


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    weights = random_weights()
    graphs = (("int8", weights, Int8(), CPU), ("fp32", weights, Float32(), CPU))
    return write_pack(tmp_path / "tiny", graphs, canonical())


def _graph(encoder: Encoder) -> str:
    (graph,) = encoder.placement.opened().graphs
    return graph.name


def test_the_first_graph_is_used_where_it_computes_right(pack: Pack) -> None:
    encoder = open_encoder(pack)
    assert (_graph(encoder), str(encoder.placement.reason), encoder.dim, encoder.max_tokens) == ("int8", "", 32, 32)


def test_a_graph_that_computes_something_else_is_replaced_and_that_is_said(tmp_path: Path) -> None:
    graphs = (("int8", random_weights(7), Int8(), CPU), ("fp32", random_weights(), Float32(), CPU))
    encoder = open_encoder(write_pack(tmp_path / "tiny", graphs, canonical()))
    assert _graph(encoder) == "fp32"
    assert "“int8” is not used" in str(encoder.placement.reason)
    np.testing.assert_allclose(encoder.encode_passages(PROOF), canonical().values["fp32"], atol=1e-4)


def test_without_a_graph_that_computes_right_the_pack_is_refused(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "tiny", (("fp32", random_weights(7), Float32(), CPU),), canonical())
    with pytest.raises(PackCorrupt, match="does not compute what it should"):
        open_encoder(pack)


def test_a_demanded_graph_is_not_replaced(tmp_path: Path) -> None:
    graphs = (("int8", random_weights(7), Int8(), CPU), ("fp32", random_weights(), Float32(), CPU))
    with pytest.raises(PackCorrupt, match="does not compute"):
        open_encoder(write_pack(tmp_path / "tiny", graphs, canonical()), graph="int8")


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_company_do_not_change_a_vector(pack: Pack, threads: int) -> None:
    alone = np.concatenate([open_encoder(pack, threads=1, graph="fp32").encode_passages([text]) for text in MANY])
    together = open_encoder(pack, threads=threads, graph="fp32").encode_passages(MANY)
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_work_is_done_in_steps_that_count_up_to_all_texts(pack: Pack) -> None:
    encoder = open_encoder(pack, threads=2)
    steps = list(encoder.batches(MANY, "passage", None))
    assert sorted(row for rows, _ in steps for row in rows) == list(range(len(MANY)))
    assert len(steps) > 2
    vectors = encoder.encode_passages(MANY)
    for rows, values in steps:
        np.testing.assert_array_equal(vectors[rows], values)


def test_a_caller_may_walk_away_between_steps(pack: Pack) -> None:
    steps = open_encoder(pack, threads=2).batches(MANY, "passage", None)
    next(steps)
    steps.close()  # the thread check of the test suite sees any thread that would go on


@pytest.mark.parametrize("threads", [1, 2])
def test_a_cancelled_token_stops_the_work(pack: Pack, threads: int) -> None:
    token = CancelToken()
    steps = open_encoder(pack, threads=threads).batches(MANY, "passage", token)
    next(steps)
    token.cancel()
    with pytest.raises(Cancelled):
        list(steps)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"dim": None}, "incomplete"), ({"pooling": "sum"}, "makes no sense"), ({"max_tokens": 0}, "makes no sense")],
)
def test_a_description_that_makes_no_sense_is_refused(pack: Pack, change: dict[str, object], message: str) -> None:
    write_manifest(pack.root, replace(pack.manifest, spec=pack.manifest.spec | change))
    with pytest.raises(PackCorrupt, match=message):
        open_encoder(open_pack(pack.root))
