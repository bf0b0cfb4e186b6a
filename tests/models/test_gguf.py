"""GGUF files, and what SmolLM2's recipe makes of their matrices. The file is written here, after the format's text."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from models.convert.gguf import F32, Q4_1, Q8_0, Q41, GgufFile
from models.recipes.smollm2.weights import eight_bits, four_bits

_STRING, _ARRAY, _UINT32, _FLOAT32 = 8, 9, 4, 6


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def _gguf(tensors: dict[str, tuple[tuple[int, ...], int, bytes]]) -> bytes:
    pairs = [
        _text("general.name") + struct.pack("<I", _STRING) + _text("küçük"),
        _text("layers") + struct.pack("<II", _UINT32, 30),
        _text("tokens") + struct.pack("<IIQ", _ARRAY, _STRING, 2) + _text("a") + _text("鍵"),
        _text("scores") + struct.pack("<IIQ3f", _ARRAY, _FLOAT32, 3, 0.5, 1.5, -2.0),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs)
    body = b""
    for name, (shape, encoding, raw) in tensors.items():
        extents = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        head += _text(name) + extents + struct.pack("<IQ", encoding, len(body))
        body += raw + bytes(-len(raw) % 32)
    return head + bytes(-len(head) % 32) + body


def _q4_1_block(scale: float, minimum: float, codes: list[int]) -> bytes:
    packed = bytes(codes[i] | codes[i + 16] << 4 for i in range(16))
    return struct.pack("<ee", scale, minimum) + packed


@pytest.fixture
def file(tmp_path: Path) -> GgufFile:
    codes = [i % 16 for i in range(32)]
    tensors = {
        "norm": ((3,), F32, struct.pack("<3f", 1.0, 2.0, 3.0)),
        "matrix": ((2, 32), Q4_1, _q4_1_block(0.5, -4.0, codes) + _q4_1_block(0.25, -1.0, codes[::-1])),
        "table": ((1, 32), Q8_0, struct.pack("<e32b", 0.5, *range(-16, 16))),
    }
    path = tmp_path / "tiny.gguf"
    path.write_bytes(_gguf(tensors))
    return GgufFile(path)


def test_metadata(file: GgufFile) -> None:
    assert file.metadata == {"general.name": "küçük", "layers": 30, "tokens": ["a", "鍵"], "scores": [0.5, 1.5, -2.0]}


def test_tensors(file: GgufFile) -> None:
    assert file.array("norm").tolist() == [1.0, 2.0, 3.0]
    expected = np.array([i % 16 for i in range(32)], np.float32)
    np.testing.assert_array_equal(file.array("matrix"), [0.5 * expected - 4.0, 0.25 * expected[::-1] - 1.0])
    np.testing.assert_array_equal(file.array("table"), [0.5 * np.arange(-16, 16)])
    with pytest.raises(ValueError, match="not a Q4_1 matrix"):
        file.q4_1("norm")


def test_arrays_outlive_the_file(file: GgufFile) -> None:
    matrix = file.q4_1("matrix")
    file.close()
    assert matrix.codes.max() == 15


@pytest.mark.parametrize("raw", [b"", b"GGML and something else", b"GGUF\x03\x00\x00\x00" + b"\xff" * 16])
def test_what_is_no_gguf_file_is_refused(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"GGUF|empty"):
        GgufFile(path)


@pytest.fixture
def matrix() -> Q41:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 16, (6, 96), dtype=np.uint8)
    scales = generator.uniform(0.01, 0.1, (6, 3)).astype(np.float32)
    return Q41(codes, scales, (-scales * generator.uniform(3, 12, (6, 3))).astype(np.float32))


def test_four_bits_keep_every_weight(matrix: Q41) -> None:
    np.testing.assert_allclose(four_bits(matrix).dequantised(), matrix.dequantised(), atol=1e-6)


def test_eight_bits_keep_every_weight_to_a_thirtysecond_of_a_step(matrix: Q41) -> None:
    steps = np.repeat(matrix.scales, 32, axis=1)
    assert (np.abs(eight_bits(matrix).dequantised() - matrix.dequantised()) <= steps / 31).all()


def test_a_block_without_scale_is_refused(matrix: Q41) -> None:
    matrix.scales[0, 0] = 0
    with pytest.raises(ValueError, match="no scale"):
        four_bits(matrix)
