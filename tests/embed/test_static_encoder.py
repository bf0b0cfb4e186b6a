"""The encoder of fixed shapes gives the vectors of the encoder of any shape, in few runs, and proves every graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.embed.opening import open_encoder
from rag_core.errors import Cancelled, DeviceFailed, PackCorrupt
from rag_core.progress import CancelToken
from rag_core.runtime.npu.static import STATIC, Bucket
from rag_core.runtime.npu.static_graphs import plan
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from tests.embed.static_encoders import BUCKETS, PROOF, Log, source_pack, static_on_cpu, static_pack

MANY = tuple(f"{n} the notice " + "is " * (n % 28) for n in range(50))
SHAPES = [Bucket(f"encoder_{batch}x{tokens}", batch, tokens) for batch, tokens in BUCKETS]


@pytest.fixture
def source(tmp_path: Path) -> Pack:
    return source_pack(tmp_path)


@pytest.fixture
def static(tmp_path: Path, source: Pack) -> Pack:
    return static_pack(tmp_path, source)


def test_the_vectors_are_those_of_the_encoder_of_any_shape(source: Pack, static: Pack) -> None:
    texts = (*MANY, "", "what " * 100)
    encoder = static_on_cpu(source, static, Log())
    wanted = open_encoder(source, threads=1).encode_passages(texts)
    assert np.sum(encoder.encode_passages(texts) * wanted, axis=1).min() > 0.9999
    assert np.sum(encoder.encode_queries(texts[:3]) * wanted[:3], axis=1).min() > 0.9999


def test_a_question_opens_one_graph_and_hurries(source: Pack, static: Pack) -> None:
    log = Log()
    encoder = static_on_cpu(source, static, log)
    assert log.opened == []
    encoder.encode_queries(["what is the notice?"])
    encoder.encode_queries(["notice period?"])
    assert log.opened == ["encoder_1x8"]
    assert [power for _, _, power in log.runs[1:]] == ["burst", "burst"]


def test_passages_share_runs_and_spare_the_battery(source: Pack, static: Pack) -> None:
    log = Log()
    encoder = static_on_cpu(source, static, log)
    texts = [f"{n} notice " + "is " * 8 for n in range(7)]
    encoder.encode_passages(texts)
    # Two runs are proofs, one of them of the graph for questions; seven texts are a full run and one nearly full.
    assert [(graph, filled) for graph, filled, _ in log.runs[2:]] == [("encoder_4x16", 4), ("encoder_4x16", 3)]
    assert {power for _, _, power in log.runs[2:]} == {"efficient"}


@given(st.lists(st.integers(1, 32), max_size=40))
def test_every_text_gets_one_run_that_holds_it(lengths: list[int]) -> None:
    runs = plan(lengths, SHAPES)
    assert sorted(row for _, rows in runs for row in rows) == list(range(len(lengths)))
    for bucket, rows in runs:
        assert 0 < len(rows) <= bucket.batch <= 2 * len(rows)
        smaller = max((shape.tokens for shape in SHAPES if shape.tokens < bucket.tokens), default=0)
        assert all(smaller < lengths[row] <= bucket.tokens for row in rows)


def test_a_graph_that_computes_something_else_is_a_failed_device(source: Pack, static: Pack) -> None:
    other = replace(source.manifest.canonical, values={"fp32": source.manifest.canonical.values["fp32"][::-1]})
    wrong = replace(source, manifest=replace(source.manifest, canonical=other))
    with pytest.raises(DeviceFailed, match="does not compute what it should"):
        static_on_cpu(wrong, static, Log()).encode_queries(["notice"])
    with pytest.raises(DeviceFailed, match="no numbers"):
        static_on_cpu(source, static, Log(spoil=True)).encode_queries(["notice"])


def test_opening_and_first_run_are_watched_together(source: Pack, static: Pack) -> None:
    seen: list[tuple[str, int, int]] = []
    log = Log()

    @contextmanager
    def at_work(graph: str) -> Iterator[None]:
        seen.append((graph, len(log.opened), len(log.runs)))
        yield
        seen.append((graph, len(log.opened), len(log.runs)))

    encoder = static_on_cpu(source, static, log, watched=at_work)
    encoder.placement.opened()
    encoder.encode_passages(PROOF)
    (graph,) = log.opened
    assert seen == [(graph, 0, 0), (graph, 1, 1)]
    assert [opened.name for opened in encoder.placement.opened().graphs] == [graph]


def test_work_is_done_in_steps_and_can_be_stopped(source: Pack, static: Pack) -> None:
    encoder = static_on_cpu(source, static, Log())
    token = CancelToken()
    steps = encoder.batches(MANY, "passage", token)
    rows, _ = next(steps)
    assert 0 < len(rows) < len(MANY)
    token.cancel()
    with pytest.raises(Cancelled):
        list(steps)


@pytest.mark.parametrize("change", [{"dim": 31}, {"buckets": [{"graph": "encoder_1x8", "batch": 1, "tokens": 8}]}])
def test_a_description_that_does_not_fit_is_refused(source: Pack, static: Pack, change: dict[str, object]) -> None:
    described = static.manifest.spec[STATIC] | change
    write_manifest(static.root, replace(static.manifest, spec=static.manifest.spec | {STATIC: described}))
    with pytest.raises(PackCorrupt, match="are not those of its embedder"):
        static_on_cpu(source, open_pack(static.root), Log()).placement.opened()
