"""The embedder is opened where the choice says, and goes on elsewhere with the reason of its device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag_core.embed import opening
from rag_core.embed.bi_encoder import BiEncoder
from rag_core.embed.opening import open_encoder
from rag_core.errors import ProviderUnavailable
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.choice import Choice, Place, Surroundings
from rag_core.runtime.devices import CPU, QNN, Device, list_devices
from rag_core.runtime.pack import Pack
from tests.embed.static_encoders import source_pack, static_pack

TEXTS = ("what is the notice period?", "", "7 8 9 " * 10)


@pytest.fixture
def source(tmp_path: Path) -> Pack:
    return source_pack(tmp_path)


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))


@pytest.fixture
def processor() -> Device:
    device = list_devices(look_for_npu=False).first(CPU)
    assert device is not None
    return device


def _choose(monkeypatch: pytest.MonkeyPatch, *places: Place, reason: str = "") -> None:
    monkeypatch.setattr(opening, "choose", lambda *_: Choice(places, reason))


def test_without_surroundings_the_pack_runs_as_it_is(source: Pack) -> None:
    assert isinstance(open_encoder(source, 1), BiEncoder)


@pytest.mark.parametrize("preference", ["cpu", "auto"])
def test_the_processor_runs_the_packs_own_graphs(source: Pack, around: Surroundings, preference: str) -> None:
    encoder = open_encoder(source, 1, preference, around)
    assert (encoder.provider, encoder.requested, encoder.reason) == (CPU, preference, "")
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS), open_encoder(source, 1).encode_passages(TEXTS))


def test_a_demand_that_cannot_be_met_is_refused(source: Pack, around: Surroundings) -> None:
    with pytest.raises(ProviderUnavailable, match="cannot run on “npu”"):
        open_encoder(source, 1, "npu", around)


def test_graphs_of_fixed_shapes_are_run_where_they_were_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Pack, around: Surroundings, processor: Device
) -> None:
    _choose(monkeypatch, Place(processor, static_pack(tmp_path, source)))
    encoder = open_encoder(source, 1, "auto", around)
    wanted = open_encoder(source, 1).encode_passages(TEXTS)
    assert np.sum(encoder.encode_passages(TEXTS) * wanted, axis=1).min() > 0.9999


def test_a_context_that_the_device_refuses_is_passed_over_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Pack, around: Surroundings, processor: Device
) -> None:
    static = static_pack(tmp_path, source)
    static.path_of("encoder_1x8.onnx").write_bytes(b"cut short")
    _choose(monkeypatch, Place(processor, static), Place(processor, source), reason="The driver is old.")
    encoder = open_encoder(source, 1, "auto", around)
    assert encoder.reason.startswith("The driver is old. The file “encoder_1x8.onnx” of the pack “tiny” is damaged.")
    assert encoder.encode_queries(TEXTS).shape == (3, encoder.dim)
    assert around.breaker.blocked(QNN, "embed") == ""
