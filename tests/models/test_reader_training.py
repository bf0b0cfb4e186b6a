"""The training in small, where PyTorch is installed: what it learns, how it goes on, and what is exported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: only training needs it")

import torch

from models.convert.encoder.graph import Float32, write_encoder
from models.convert.encoder.reader_graph import ReadingHead
from models.convert.encoder.reader_weights import load_weights, training_of
from models.recipes.reader.pairs import PairEncoder
from models.training.reader.examples import Claim, Question, claims_from, questions_from
from models.training.reader.export import export, from_state
from models.training.reader.mining import Group
from models.training.reader.network import Reader, start_from
from models.training.reader.together import run_together
from models.training.reader.training import Config, Run, batches, scores_of
from tests.models.tiny_minilm import NETWORK, random_tensors, tokenizer

CONFIG = Config(steps=30, decay_steps=5, warmup_steps=2, pairs=8, claims=4, every=10, learning_rate=3e-3)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other make a small network slow on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def examples(folder: Path) -> tuple[list[Question], list[Claim]]:
    """Passages that begin with the number that is asked for answer, with the number after it."""
    tokenizer().save(str(folder / "tokenizer.json"))
    encoder = PairEncoder(folder / "tokenizer.json", 32)
    groups = [
        Group(
            "set",
            f"what is {n}",
            "",
            f"{n} {n + 1} 7",
            (len(f"{n} "), len(f"{n} {n + 1}")),
            True,
            (("", f"{n + 2} 8"),),
        )
        for n in range(10, 40)
    ]
    claims = [(f"is {n}", f"{n + wrong} 9", float(not wrong)) for n in range(10, 40) for wrong in (0, 5)]
    return questions_from(groups, encoder), claims_from(claims, encoder)


def fresh() -> Reader:
    torch.manual_seed(0)
    return start_from(NETWORK, random_tensors())


def test_the_exported_file_says_what_the_trained_network_says(tmp_path: Path) -> None:
    import onnxruntime

    run = Run(fresh(), CONFIG, tmp_path)
    run.step = 7
    run.save()
    file = tmp_path / "reader.safetensors"
    export(run.checkpoint, file)
    assert training_of(file)["step"] == 7 and training_of(file)["config"]["seed"] == CONFIG.seed
    weights, heads = load_weights(file, NETWORK, random_tensors()["embeddings.word_embeddings.weight"])
    model = write_encoder(NETWORK, weights, Float32(), head=ReadingHead(heads)).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    ids = torch.tensor([[2, 4, 5, 20, 3, 20, 21, 17, 3]])
    run.reader.eval()
    with torch.no_grad():
        wanted = run.reader(ids, torch.ones(ids.shape))
    judged, spans = session.run(["judged", "spans"], {"input_ids": ids.numpy()})
    np.testing.assert_allclose(judged[0], [wanted.relevance.item(), wanted.support.item()], atol=0.02)
    np.testing.assert_allclose(spans[0], torch.stack([wanted.start[0], wanted.end[0]], 1).numpy(), atol=0.02)


def test_a_checkpoint_of_another_shape_is_seen() -> None:
    tensors = {name: value.numpy() for name, value in fresh().state_dict().items()}
    weights, heads = from_state(tensors)
    assert len(weights.layers) == NETWORK.layers and heads.span.weight.shape == (2, NETWORK.hidden)
    np.testing.assert_array_equal(
        weights.layers[0].key.weight, random_tensors()["encoder.layer.0.attention.self.key.weight"]
    )


def test_a_training_learns_to_tell_what_answers(tmp_path: Path) -> None:
    questions, claims = examples(tmp_path)
    run = Run(fresh(), replace(CONFIG, steps=60), tmp_path)
    assert _told_apart(run.reader, questions) < 0.9
    run.train(questions, claims)
    assert run.step == 60 and _told_apart(run.reader, questions) > 0.9


def _told_apart(reader: Reader, questions: list[Question]) -> float:
    """Share of questions whose passage is ranked above the wrong one."""
    reader.eval()
    with torch.no_grad():
        right = scores_of(reader, [question.pair for question in questions]).relevance
        wrong = scores_of(reader, [question.negatives[0] for question in questions]).relevance
    return float((right > wrong).float().mean())


def test_a_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    questions, claims = examples(tmp_path)
    for name in ("whole", "halves"):
        (tmp_path / name).mkdir()
    whole = Run(fresh(), CONFIG, tmp_path / "whole")
    whole.train(questions, claims)
    config = replace(CONFIG, decay_steps=1)
    Run(fresh(), replace(config, steps=12), tmp_path / "halves").train(questions, claims)
    second = Run(fresh(), CONFIG, tmp_path / "halves")
    assert second.step == 12
    second.train(questions, claims)
    assert second.step == whole.step
    for name, value in whole.reader.state_dict().items():
        assert torch.allclose(value, second.reader.state_dict()[name], atol=1e-4), name


def test_batches_are_the_same_for_the_same_seed_and_others_for_another_process(tmp_path: Path) -> None:
    questions, claims = examples(tmp_path)

    def drawn(start: int, rank: int) -> list[list[int]]:
        stream = batches(questions, claims, CONFIG, start, rank)
        return [next(stream).pairs[0].ids.tolist() for _ in range(6)]

    assert drawn(0, 0) == drawn(0, 0) and drawn(0, 0)[3:] == drawn(3, 0)[:3]
    assert drawn(0, 0) != drawn(0, 1)


def test_padding_and_neighbours_change_no_score(tmp_path: Path) -> None:
    questions, _ = examples(tmp_path)
    reader = fresh().eval()
    pairs = [questions[0].pair, questions[3].negatives[0], questions[5].pair]
    with torch.no_grad():
        together = scores_of(reader, pairs)
        for row, pair in enumerate(pairs):
            alone = scores_of(reader, [pair])
            assert abs(together.relevance[row] - alone.relevance[0]) < 0.05
            np.testing.assert_allclose(together.start[row, : len(pair.ids)], alone.start[0], atol=0.1)


@pytest.mark.slow
def test_two_processes_train_one_reader(tmp_path: Path) -> None:
    run_together(2, tmp_path / "meeting", partial(_train, tmp_path))
    stored = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert stored["step"] == CONFIG.steps and not (tmp_path / "meeting").exists()
    ends = [torch.load(tmp_path / f"end-{rank}.pt", weights_only=True) for rank in (0, 1)]
    for name, value in ends[0].items():
        assert torch.equal(value, ends[1][name]), name


def _train(folder: Path) -> None:
    from models.training.reader.together import rank_here

    own = folder / str(rank_here())
    own.mkdir()
    run = Run(fresh(), CONFIG, folder)
    run.train(*examples(own))
    torch.save(run.reader.state_dict(), folder / f"end-{rank_here()}.pt")
