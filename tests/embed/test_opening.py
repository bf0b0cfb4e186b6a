"""The embedder is opened at the places that were found, and goes on elsewhere with the reason of its device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag_core.embed.opening import encoder_of, open_encoder
from rag_core.embed.unpadded_encoder import UnpaddedEncoder
from rag_core.errors import ProviderUnavailable
from rag_core.messages import literal
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN
from rag_core.runtime.pack import Pack
from rag_core.runtime.places import KnownMachine, Place, Places, find_places
from tests.embed.static_encoders import source_pack, static_pack
from tests.runtime.fakes import the_processor

TEXTS = ("what is the notice period?", "", "7 8 9 " * 10)


@pytest.fixture
def source(tmp_path: Path) -> Pack:
    return source_pack(tmp_path)


@pytest.fixture
def known(tmp_path: Path) -> KnownMachine:
    return KnownMachine(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))


def test_without_places_the_pack_runs_as_it_is(source: Pack) -> None:
    assert isinstance(open_encoder(source, threads=1).placement.opened(), UnpaddedEncoder)


@pytest.mark.parametrize("preference", ["cpu", "auto"])
def test_the_processor_runs_the_packs_own_graphs(source: Pack, known: KnownMachine, preference: str) -> None:
    encoder = open_encoder(source, find_places("embed", source, preference, known, 1))
    assert (encoder.placement.device.provider, str(encoder.placement.reason)) == (CPU, "")
    np.testing.assert_array_equal(
        encoder.encode_passages(TEXTS), open_encoder(source, threads=1).encode_passages(TEXTS)
    )


def test_a_demand_that_cannot_be_met_is_refused(source: Pack, known: KnownMachine) -> None:
    with pytest.raises(ProviderUnavailable, match="cannot run on “npu”"):
        find_places("embed", source, "npu", known, 1)


def test_tokens_are_counted_without_opening_it(source: Pack) -> None:
    encoder = encoder_of(source, Places((Place(the_processor(), source),)))
    assert len(encoder.token_spans("what is the notice")) == 4
    assert not encoder.placement.is_open


def test_a_closed_encoder_is_opened_again_when_it_is_used(source: Pack) -> None:
    encoder = open_encoder(source, threads=1)
    assert encoder.placement.bytes == sum(file.bytes for file in source.manifest.files)
    before = encoder.encode_passages(TEXTS)
    encoder.placement.close()
    assert encoder.placement.bytes == 0
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS), before)
    assert encoder.placement.bytes > 0


def test_graphs_of_fixed_shapes_are_run_where_there_are_some(tmp_path: Path, source: Pack) -> None:
    encoder = open_encoder(source, Places((Place(the_processor(), static_pack(tmp_path, source)),)))
    wanted = open_encoder(source, threads=1).encode_passages(TEXTS)
    assert np.sum(encoder.encode_passages(TEXTS) * wanted, axis=1).min() > 0.9999


def test_a_context_that_the_device_refuses_is_passed_over_with_the_reason(
    tmp_path: Path, source: Pack, known: KnownMachine
) -> None:
    static = static_pack(tmp_path, source)
    static.path_of("encoder_1x8.onnx").write_bytes(b"cut short")
    processor = the_processor()
    places = (Place(processor, static, stage="embed", machine=known), Place(processor, source))
    encoder = open_encoder(source, Places(places, literal("The driver is old.")))
    told = "The driver is old. The file “encoder_1x8.onnx” of the pack “tiny” is damaged."
    assert str(encoder.placement.reason).startswith(told)
    assert encoder.encode_queries(TEXTS).shape == (3, encoder.dim)
    assert known.breaker is not None and not known.breaker.blocked(QNN, "embed")
