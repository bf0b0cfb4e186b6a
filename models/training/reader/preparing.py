"""What a training reads: the mined groups, and the claims of all sets, drawn with the run's seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.training.reader.claims import Checked, fm2_splits, made_from, published, varied
from models.training.reader.mining import Embedder, Group, groups_path, mine_split, read_groups
from models.training.reader.sets import SETS, Split, read_set
from models.training.reader.settings import DataFiles, Settings, Stage

_FOOL_ME_TWICE, _PAGES = "fm2_claims", "fm2_pages"


def mine_all(files: DataFiles, embedder: Embedder, folder: Path, splits: Sequence[Split]) -> Iterator[str]:
    """Groups of every set in `folder`, unless they are there; yields what was done. Tests are never mined for."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in SETS:
        sources = read_set(kind, files.path(kind.name).parent)
        for split in splits:
            path = groups_path(folder, kind.name, split)
            if not path.exists():
                yield f"{kind.name} {split}: {mine_split(kind, sources[split], embedder, path)} groups"


def drawn(settings: Settings, stage: Stage, files: DataFiles, folder: Path) -> tuple[list[Group], list[Checked]]:
    """Groups (of those in `folder`) and claims of a stage: the same for the same seed."""
    rng = random.Random(stage.training["seed"])
    groups = _groups(stage, folder, rng)
    return groups, _claims(settings, stage, files, groups, rng)


def _groups(stage: Stage, folder: Path, rng: random.Random) -> list[Group]:
    groups: list[Group] = []
    for kind in SETS:
        found = list(read_groups(groups_path(folder, kind.name, "train")))
        whole, part = divmod(stage.shares.get(kind.name, 1), 1)
        groups += found * int(whole) + rng.sample(found, int(part * len(found)))
    return groups


def _claims(
    settings: Settings, stage: Stage, files: DataFiles, groups: Sequence[Group], rng: random.Random
) -> list[Checked]:
    """Pages that claims of Fool Me Twice are about appear in no other set: its test split is what is reported."""
    rows = fm2_splits(files.path(_FOOL_ME_TWICE))["train"]
    claims = [claim for _ in range(stage.fool_me_twice_rounds) for claim in varied(rows, rng)]
    pages = frozenset(json.loads(files.path(_PAGES).read_bytes()))
    for name, most in stage.published.items():
        found = published(files.path(name), pages)
        claims += rng.sample(found, min(most, len(found)))
    made = list(made_from([group for group in groups if group.set in settings.made_from], rng))
    return claims + (made if stage.made is None else rng.sample(made, min(stage.made, len(made))))
