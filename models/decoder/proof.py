"""Run a new LLM pack once and record what it says: the proof that later runs are compared with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rag_core.answer.generator_genai import GenaiGenerator
from rag_core.runtime.pack import Canonical, Manifest, open_pack, write_manifest

CANONICAL_TOKENS = 8


def prove(root: Path, manifest: Manifest, prompts: tuple[str, ...]) -> Manifest:
    """Open the pack in `root`, continue `prompts` greedily, and write the manifest again with the tokens that came.

    Raises PackCorrupt when the runtime refuses the model.
    """
    generator = GenaiGenerator(open_pack(root))
    try:
        rows = tuple(tuple(map(float, generator.greedy_tokens(prompt, CANONICAL_TOKENS))) for prompt in prompts)
    finally:
        generator.close()
    canonical = Canonical(prompts, {manifest.graphs[0].name: rows})
    return write_manifest(root, replace(manifest, canonical=canonical))
