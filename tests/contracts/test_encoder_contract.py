"""What `model_protocols.TextEncoder` and `model_protocols.TokenCounter` promise, proved by every implementation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.imports.embedder import import_embedder
from rag_core.embed.opening import open_encoder
from rag_core.model_protocols import TextEncoder, TokenCounter
from rag_core.runtime.pack import find_pack
from tests.embed.static_encoders import Log, source_pack, static_on_cpu, static_pack
from tests.fakes_encoder import FakeEncoder
from tests.models.tiny_encoders import cls_bert, rotary
from tests.models.tiny_minilm import write_pack

TEXTS = (
    "What is the notice period?",
    "",
    "annual leave " * 400,
    "ログイン用パスワード 🙂 é",
    "a",
    "What is the notice period?",
    "tabs\tand\nlines\x00 and half a \ud83d pair",
)


def _imported(tmp_path: Path, make: Any) -> Any:
    folder = tmp_path / make.__name__
    folder.mkdir()
    list(import_embedder(make(folder), tmp_path / "packs"))
    return open_encoder(find_pack(tmp_path / "packs", "embedder"), threads=2)


@pytest.fixture(
    scope="module",
    params=[
        "fake",
        "tiny",
        "fixed shapes",
        "imported first token",
        "imported rotary",
        pytest.param("default", marks=pytest.mark.packs),
    ],
)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Nothing that is asked of one changes it."""
    tmp_path = tmp_path_factory.mktemp("encoder")
    match request.param:
        case "fake":
            return FakeEncoder()
        case "tiny":
            return open_encoder(write_pack(tmp_path / "tiny"), threads=2)
        case "fixed shapes":
            source = source_pack(tmp_path)
            return static_on_cpu(source, static_pack(tmp_path, source), Log())
        case "imported first token":
            return _imported(tmp_path, cls_bert)
        case "imported rotary":
            return _imported(tmp_path, rotary)
        case _:
            return open_encoder(
                find_pack(request.getfixturevalue("packs_dir"), "embedder", "all-minilm-l6-v2"), threads=2
            )


def test_it_is_an_encoder_and_a_token_counter(encoder: Any) -> None:
    assert isinstance(encoder, TextEncoder)
    assert isinstance(encoder, TokenCounter)
    assert encoder.pack_id


@pytest.mark.parametrize("kind", ["encode_queries", "encode_passages"])
def test_rows_are_unit_vectors_in_the_order_of_the_texts(encoder: Any, kind: str) -> None:
    vectors = getattr(encoder, kind)(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert float(getattr(encoder, kind)([text])[0] @ vector) >= 0.99


def test_nothing_gives_no_rows(encoder: Any) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.dim)
    assert encoder.encode_queries(()).shape == (0, encoder.dim)


def test_a_text_is_cut_at_the_limit(encoder: Any) -> None:
    long = "notice " * 2 * encoder.max_tokens
    first, second = encoder.encode_passages([long, long + "annual leave costs " * 50])
    assert float(first @ second) >= 0.999


def test_spans_are_in_order_inside_the_text_and_never_cut(encoder: Any) -> None:
    for text in TEXTS:
        spans = encoder.token_spans(text)
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert spans == sorted(spans)
    assert len(encoder.token_spans("notice " * 2 * encoder.max_tokens)) >= 2 * encoder.max_tokens
