"""What suits the device that does the work: length and number of passages, room in a prompt, length of an answer.

A value that a person has set holds everywhere; 0 takes what stands here, and `in_effect` is the one place that decides.
The devices differ in what is dear. On a Snapdragon X Elite (Cheng & Lai, “Edge RAG”, arXiv 2606.11257) the NPU reads a
prompt 18 times faster than the CPU and writes an answer 1.7 times faster: nearly all of a question's time there is
writing, so it gets more passages and shorter answers, 7 of 1,000 characters; the CPU gets a short prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag_core.errors import PackCorrupt, PackMissing
from rag_core.runtime.devices import DeviceKind
from rag_core.settings import InEffect, Settings

if TYPE_CHECKING:
    from rag_core.engine.workspace import Workspace

_CHUNK_TOKENS = "chunk_tokens"  # of the library, in its `index_meta`


@dataclass(frozen=True, slots=True)
class Suited:
    """`evidence_tokens` and `max_new_tokens` are for a language model whose pack names none of its own: what a model
    handles well was measured for it, and no device changes that; but an answer is never longer than suits the device.
    `embed_chunks` are the least and the most chunks of a step of indexing.
    """

    chunk_tokens: int
    top_k: int
    evidence_tokens: int
    max_new_tokens: int
    embed_chunks: tuple[int, int]


# 220 tokens are about 1,000 characters: the length that found best here (tests/benchmarks/retrieval.py), the paper's
# for the NPU, and with title and headings what fills the encoders' graph for 256 tokens.
_CPU = Suited(chunk_tokens=220, top_k=5, evidence_tokens=1024, max_new_tokens=256, embed_chunks=(8, 64))
_NPU = Suited(chunk_tokens=220, top_k=7, evidence_tokens=7 * 220, max_new_tokens=192, embed_chunks=(8, 64))
_BY_KIND: Mapping[DeviceKind, Suited] = {"cpu": _CPU, "npu": _NPU}


def suited_to(kind: DeviceKind) -> Suited:
    """A kind of device that nobody has measured gets what suits the CPU."""
    return _BY_KIND.get(kind, _CPU)


def evidence_tokens(settings: Settings, spec: Mapping[str, Any], kind: DeviceKind) -> int:
    """`spec` is of the language model's pack, `kind` of the device that it writes on."""
    return settings.evidence_tokens or int(spec.get("evidence_tokens", suited_to(kind).evidence_tokens))


def max_new_tokens(settings: Settings, spec: Mapping[str, Any], kind: DeviceKind) -> int:
    """`spec` is of the language model's pack, `kind` of the device that it writes on."""
    longest = suited_to(kind).max_new_tokens
    return settings.max_new_tokens or min(int(spec.get("max_new_tokens", longest)), longest)


def top_k(work: Workspace) -> int:
    """By the device that writes the answer: it reads the passages."""
    return work.settings.top_k or suited_to(work.models.kind_of("generate")).top_k


def chunk_tokens(work: Workspace) -> int:
    """A library keeps the length that it was cut with, on whatever device: only a person changes it."""
    kept = work.store.meta().get(_CHUNK_TOKENS, "")
    if work.settings.chunk_tokens or kept:
        return work.settings.chunk_tokens or int(kept)
    # Libraries that say nothing of it are older than the choice by device: they were cut for the CPU.
    kind: DeviceKind = "cpu" if work.store.chunk_count() else work.models.kind_of("embed")
    return suited_to(kind).chunk_tokens


def keep_chunk_tokens(work: Workspace) -> int:
    """The length that documents are cut with now; the library remembers it."""
    chosen = str(chunk_tokens(work))
    if work.store.meta().get(_CHUNK_TOKENS) != chosen:
        work.store.set_meta(_CHUNK_TOKENS, chosen)
    return int(chosen)


def in_effect(work: Workspace) -> InEffect:
    """What the settings of this library come to now. Zeros stand for what no model is there to decide."""
    try:
        evidence, longest = work.models.evidence_tokens, work.models.max_new_tokens
    except (PackMissing, PackCorrupt):
        evidence = longest = 0
    return InEffect(chunk_tokens(work), top_k(work), evidence, longest)
