"""What suits the device that does the work: length and number of passages, room in a prompt, length of an answer.

A value that a person has set holds everywhere; 0 takes what stands here, and nowhere else is it decided.
The devices differ in what is dear. On a Snapdragon X Elite (Cheng & Lai, “Edge RAG”, arXiv 2606.11257) the NPU reads a
prompt 18 times faster than the CPU and writes an answer 1.7 times faster: nearly all of a question's time there is
writing, so it gets more passages and shorter answers, 7 of 1,000 characters; the CPU gets a short prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rag_core.errors import PackCorrupt, PackMissing
from rag_core.runtime.devices import DeviceKind
from rag_core.settings import InEffect, Settings
from rag_core.stages import EMBED, GENERATE, READ

if TYPE_CHECKING:
    from rag_core.engine.models import Models, StageModel
    from rag_core.engine.workspace import Workspace

_QUESTION_TOKENS = 256
_CHUNK_TOKENS = "chunk_tokens"  # of the library, in its `index_meta`


@dataclass(frozen=True, slots=True)
class Suited:
    """`evidence_tokens` and `max_new_tokens` are for a language model whose pack names none of its own: what a model
    handles well was measured for it, and no device changes that; but an answer is never longer than suits the device.
    `read_chunks` of those that were found are read closely, at most: the reader stops earlier where its time is up.
    `embed_chunks` are the least and the most chunks of a step of indexing; the NPU's graphs take four texts at a time.
    """

    chunk_tokens: int
    top_k: int
    read_chunks: int
    evidence_tokens: int
    max_new_tokens: int
    embed_chunks: tuple[int, int]


# 220 tokens are about 1,000 characters: the length that found best here (tests/benchmarks/retrieval.py), the paper's
# for the NPU, and with title and headings what fills the encoders' graph for 256 tokens.
_CPU = Suited(chunk_tokens=220, top_k=5, read_chunks=20, evidence_tokens=1024, max_new_tokens=256, embed_chunks=(8, 64))
_NPU = Suited(
    chunk_tokens=220, top_k=7, read_chunks=32, evidence_tokens=7 * 220, max_new_tokens=192, embed_chunks=(4, 64)
)
_BY_KIND: Mapping[DeviceKind, Suited] = {"cpu": _CPU, "npu": _NPU}


def suited_to(kind: DeviceKind) -> Suited:
    """A kind of device that nobody has measured gets what suits the CPU."""
    return _BY_KIND.get(kind, _CPU)


def room_for(settings: Settings, writing: StageModel[Any]) -> tuple[int, int]:
    """How many tokens of the passages the language model handles well in one prompt, and the longest answer that suits
    it where it writes. Raises PackMissing, PackCorrupt.
    """
    spec, suited = writing.pack.manifest.spec, suited_to(writing.kind)
    evidence = int(spec.get("evidence_tokens", suited.evidence_tokens))
    longest = min(int(spec.get("max_new_tokens", suited.max_new_tokens)), suited.max_new_tokens)
    return settings.evidence_tokens or evidence, settings.max_new_tokens or longest


def in_effect(settings: Settings, models: Models) -> InEffect:
    """What `settings` come to now, for a library that is yet to be made. Zeros stand for what no model is there to
    decide.
    """
    evidence = longest = 0
    with suppress(PackMissing, PackCorrupt):
        evidence, longest = room_for(settings, models[GENERATE])
    chunk_tokens = settings.chunk_tokens or suited_to(models[EMBED].kind).chunk_tokens
    return InEffect(chunk_tokens, top_k(settings, models), evidence, longest)


def tokens_of_a_question(settings: Settings, models: Models) -> int:
    """What a question with its passages and its answer takes in the language model, about."""
    used = in_effect(settings, models)
    return used.max_new_tokens + used.evidence_tokens + used.evidence_tokens // 4 + _QUESTION_TOKENS


def top_k(settings: Settings, models: Models) -> int:
    """By the device that writes the answer: it reads the passages."""
    return settings.top_k or suited_to(models[GENERATE].kind).top_k


def read_chunks(top_k: int, models: Models) -> int:
    """How many of the chunks that were found the reader gets, for `top_k` passages: by the device that reads them."""
    return max(top_k, suited_to(models[READ].kind).read_chunks)


def in_effect_here(work: Workspace) -> InEffect:
    """`in_effect` for the library that is open."""
    return replace(in_effect(work.settings, work.models), chunk_tokens=chunk_tokens(work))


def chunk_tokens(work: Workspace) -> int:
    """A library keeps the length that it was first cut with, on whatever device: only a person changes it."""
    if work.settings.chunk_tokens:
        return work.settings.chunk_tokens
    if kept := work.store.meta().get(_CHUNK_TOKENS):
        return int(kept)
    # Libraries that say nothing of it are older than the choice by device: they were cut for the CPU.
    return suited_to("cpu" if work.store.chunk_count() else work.models[EMBED].kind).chunk_tokens


def keep_chunk_tokens(work: Workspace) -> int:
    """The length that documents are cut with now; where it was left to Alcove, the library remembers it."""
    chosen = chunk_tokens(work)
    if not work.settings.chunk_tokens and work.store.meta().get(_CHUNK_TOKENS) != str(chosen):
        work.store.set_meta(_CHUNK_TOKENS, str(chosen))
    return chosen
