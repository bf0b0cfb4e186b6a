"""What a training reads: the mined groups, and the claims of all sets, drawn with the run's seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.reader.claims import Checked, fm2_splits, made_from, published, varied
from models.reader.mining import Embedder, Group, groups_path, mine_split, read_groups
from models.reader.sets import SETS, Split, read_set
from models.reader.settings import DataFiles, Settings

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


def training_groups(folder: Path) -> list[Group]:
    return [group for kind in SETS for group in read_groups(groups_path(folder, kind.name, "train"))]


def training_claims(settings: Settings, files: DataFiles, groups: Sequence[Group]) -> list[Checked]:
    """Pages that claims of Fool Me Twice are about appear in no other set: its test split is what is reported."""
    rng = random.Random(settings.training["seed"])
    rows = fm2_splits(files.path(_FOOL_ME_TWICE))["train"]
    claims = [claim for _ in range(settings.fool_me_twice_rounds) for claim in varied(rows, rng)]
    pages = frozenset(json.loads(files.path(_PAGES).read_bytes()))
    for name, most in settings.published.items():
        found = published(files.path(name), pages)
        claims += rng.sample(found, min(most, len(found)))
    claims += made_from([group for group in groups if group.set in settings.made_from], rng)
    return claims
