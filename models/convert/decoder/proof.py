"""Run a new LLM pack once and record what it says: the proof that later runs are compared with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rag_core.generate.generator import Generator
from rag_core.generate.opening import open_generator
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Canonical, Manifest, open_pack, write_manifest
from rag_core.types import ChatMessage

CANONICAL_TOKENS = 8
_SYSTEM = ChatMessage("system", "You are a helpful assistant.")


def greedy_tokens(generator: Generator, prompt: str, count: int) -> tuple[int, ...]:
    """The `count` most likely tokens after `prompt`, one after the other."""
    return tuple(generator.tokens_after(generator.chat.tokens(prompt), count, CancelToken()))


def prove(root: Path, manifest: Manifest, questions: tuple[str, ...]) -> Manifest:
    """Open the pack in `root`, answer `questions` greedily, and write the manifest again with the tokens that came.

    The canonical inputs are the whole prompts, as the chat template makes them. Raises PackCorrupt when the runtime
    refuses the model, RuntimeError when it fails in the middle.
    """
    generator = open_generator(open_pack(root))
    try:
        prompts = tuple(generator.chat.render((_SYSTEM, ChatMessage("user", question))) for question in questions)
        rows = tuple(tuple(map(float, greedy_tokens(generator, prompt, CANONICAL_TOKENS))) for prompt in prompts)
    finally:
        generator.close()
    canonical = Canonical(prompts, {manifest.graphs[0].name: rows})
    return write_manifest(root, replace(manifest, canonical=canonical))
