"""Settings survive a restart, a full disk and a damaged file."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_core.errors import StorageFull, UserError
from rag_core.settings import Settings, load, save


def test_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "data" / "settings.json"
    assert load(path) == Settings()
    chosen = Settings(top_k=7, relevance_threshold=0.25, llm="日本語")
    save(chosen, path)
    assert load(path) == chosen
    assert [kept.name for kept in path.parent.iterdir()] == ["settings.json"]


def test_what_cannot_be_saved_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    save(Settings(top_k=7), path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(StorageFull, match="could not be saved"):
            save(Settings(top_k=8), path)
    assert load(path).top_k == 7
    assert [kept.name for kept in tmp_path.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"top_k": "5"}', '{"top_k": true}', "\udcff"])
def test_damaged_settings_are_said_in_plain_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=r"settings\.json"):
        load(path)
