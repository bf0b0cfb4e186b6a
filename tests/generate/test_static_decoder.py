"""Graphs of fixed shapes make the same tokens as graphs of any shape, whatever was made before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag_core.errors import Cancelled, PackCorrupt, UserError
from rag_core.generate.backend import TokenDecoder
from rag_core.generate.genai_decoder import GenaiDecoder
from rag_core.generate.static_decoder import StaticDecoder
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from tests.generate.static_decoders import CHUNK, NETWORK, Log, on_processor, source_pack, static_on_cpu, static_pack
from tests.models.tiny_llm import GEMMA_LIKE

RANDOM = np.random.default_rng(7).integers(4, NETWORK.vocabulary, 900).tolist()

END = 0


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return source_pack(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def pack(source: Pack, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return static_pack(tmp_path_factory.mktemp("static"), source)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def decoder(pack: Pack, log: Log) -> StaticDecoder:
    return static_on_cpu(pack, log)


def _made(decoder: TokenDecoder, prompt: Sequence[int], count: int = 12) -> list[int]:
    return list(decoder.tokens_after(prompt, count, CancelToken()))


def _said(decoder: TokenDecoder, prompt: Sequence[int], count: int = 24) -> list[int]:
    """Up to the model's own end: what follows it means nothing."""
    made = _made(decoder, prompt, count)
    return made[: made.index(END)] if END in made else made


def test_greedy_tokens_are_those_of_the_other_runtime(source: Pack, decoder: StaticDecoder) -> None:
    """Prompts shorter than a chunk, of whole chunks, one more, at the ends of caches, and through several lengths."""
    genai = GenaiDecoder(on_processor(source))
    for length in (1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 52, 53, 64, 65, 250, 256, 600):
        prompt = RANDOM[-length:]
        assert _said(decoder, prompt) == _said(genai, prompt), length
    genai.close()


def test_another_architecture(tmp_path: Path) -> None:
    source = source_pack(tmp_path, replace(GEMMA_LIKE, context_tokens=1024), "gemma")
    decoder = static_on_cpu(static_pack(tmp_path, source))
    genai = GenaiDecoder(on_processor(source))
    assert _said(decoder, RANDOM[:200]) == _said(genai, RANDOM[:200])
    genai.close()


def test_half_precision_is_near(source: Pack, tmp_path: Path) -> None:
    """Random weights make near-ties: the beginnings of answers are compared."""
    decoder = static_on_cpu(static_pack(tmp_path, source, "fp16"))
    genai = GenaiDecoder(on_processor(source))
    prompts = [RANDOM[at : at + 40] for at in range(0, 400, 20)]
    same = [_said(decoder, prompt, 2) == _said(genai, prompt, 2) for prompt in prompts]
    genai.close()
    assert sum(same) >= 0.9 * len(same)


def test_whole_chunks_that_prompts_share_are_not_read_again(decoder: StaticDecoder, log: Log, pack: Pack) -> None:
    first, second = RANDOM[:50], RANDOM[:40] + RANDOM[700:720]
    _made(decoder, first)
    log.runs.clear()
    reused = _made(decoder, second)
    assert decoder.reused_tokens == 2 * CHUNK
    assert [run for run in log.runs if run.startswith("read")] == ["read-16-64"] * 2
    assert reused == _made(static_on_cpu(pack), second)


def test_the_same_prompt_again_reads_its_last_chunk_only(decoder: StaticDecoder) -> None:
    first = _made(decoder, RANDOM[: 3 * CHUNK])
    assert _made(decoder, RANDOM[: 3 * CHUNK]) == first
    assert decoder.reused_tokens == 2 * CHUNK


def test_what_was_generated_is_read_again_when_it_is_quoted(decoder: StaticDecoder, pack: Pack) -> None:
    prompt = RANDOM[: CHUNK + 4]
    quoting = prompt + _made(decoder, prompt, 30) + RANDOM[800:810]
    assert _made(decoder, quoting) == _made(static_on_cpu(pack), quoting)
    assert decoder.reused_tokens == CHUNK


def test_a_longer_and_a_shorter_cache_hold_the_same(decoder: StaticDecoder, log: Log, pack: Pack) -> None:
    """What was read moves from one to the other, and no token changes by it."""
    for length, count in ((40, 12), (240, 12), (240, 40), (500, 12), (45, 3), (300, 200)):
        fresh = _made(static_on_cpu(pack), RANDOM[:length], count)
        assert _made(decoder, RANDOM[:length], count) == fresh, length
    assert decoder.reused_tokens > 0
    assert len(log.opened) == len(set(log.opened)) == 6


def test_the_shortest_cache_that_holds_what_is_asked_for(decoder: StaticDecoder, log: Log) -> None:
    assert log.opened == []
    _made(decoder, RANDOM[:40], 24)
    assert log.opened == ["read-16-64", "step-64"]
    _made(decoder, RANDOM[:41], 24)
    assert log.opened == ["read-16-64", "step-64", "step-256"]
    _made(decoder, RANDOM[:1000], 24)
    assert decoder.context_tokens == 1024
    log.opened.clear()
    with pytest.raises(UserError, match="1024"):
        _made(decoder, RANDOM[:900] + RANDOM[:101], 24)
    assert log.opened == []


def test_an_answer_of_one_token_needs_no_step(decoder: StaticDecoder, log: Log) -> None:
    assert len(_made(decoder, RANDOM[:10], 1)) == 1
    assert _made(decoder, RANDOM[:10], 0) == []
    assert log.opened == ["read-16-64"]


@pytest.mark.parametrize("at", [0, 1, 3, 5])
def test_cancelling_inside_a_run(at: int, decoder: StaticDecoder, log: Log, pack: Pack) -> None:
    log.cancel_at = at
    with pytest.raises(Cancelled):
        _made(decoder, RANDOM[:40])
    log.cancel_at = None
    assert _made(decoder, RANDOM[:40]) == _made(static_on_cpu(pack), RANDOM[:40])
    assert decoder.reused_tokens == min(at, 2) * CHUNK


def test_forgetting_keeps_the_graphs_open(decoder: StaticDecoder, log: Log) -> None:
    first = _made(decoder, RANDOM[:40])
    decoder.forget()
    assert _made(decoder, RANDOM[:40]) == first
    assert decoder.reused_tokens == 0
    assert len(log.opened) == 2
    decoder.close()
    decoder.close()


def test_chance_is_the_same_for_the_same_seed(decoder: StaticDecoder) -> None:
    def drawn(seed: int) -> list[int]:
        return list(decoder.tokens_after(RANDOM[:40], 12, CancelToken(), 1.5, seed))

    assert drawn(1) == drawn(1) != drawn(2)


def test_it_is_watched_until_a_step_has_run(decoder: StaticDecoder, log: Log) -> None:
    """Each graph from its opening: a device that ends the process at the first step must be noticed too."""
    pieces = decoder.tokens_after(RANDOM[:40], 12, CancelToken())
    next(pieces)  # a warm-up takes one token only
    begun = ["begin read-16-64", "begin step-64"]
    assert log.at_work == [*begun, "end step-64 after 4", "end read-16-64 after 4"]
    pieces.close()  # type: ignore[attr-defined]
    _made(decoder, RANDOM[:40])
    assert len(log.at_work) == 4
    _made(decoder, RANDOM[:240])
    assert (len(log.at_work), log.at_work[4:6]) == (8, ["begin read-16-256", "begin step-256"])
    log.error, log.fail_at = UserError("no"), len(log.runs)
    with pytest.raises(UserError, match="no"):
        _made(decoder, RANDOM[:400])
    assert len(log.at_work) == 10


def test_a_damaged_file_is_refused(pack: Pack, source: Pack, tmp_path: Path) -> None:
    damaged = static_pack(tmp_path, source)
    table = damaged.path_of("embedding.npy")
    content = bytearray(table.read_bytes())
    content[-1] ^= 1
    table.write_bytes(content)
    with pytest.raises(PackCorrupt, match=r"embedding\.npy"):
        static_on_cpu(damaged)


def test_a_pack_without_steps_is_refused(source: Pack, tmp_path: Path) -> None:
    whole = static_pack(tmp_path, source)
    static = whole.manifest.spec["static"]
    reading = [window for window in static["windows"] if window["tokens"] > 1]
    write_manifest(whole.root, replace(whole.manifest, spec={"static": static | {"windows": reading}}))
    with pytest.raises(PackCorrupt, match="lacks graphs"):
        static_on_cpu(open_pack(whole.root))
