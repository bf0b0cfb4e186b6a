"""The generator that runs on onnxruntime-genai.

The state of the last prompt (its tokens and their keys and values) stays. The next prompt is compared with it token by
token; what they share is rewound to, not computed again, so a fixed system message costs its prefill once.

Reuse must not change an answer. Measured: however a prompt is cut into pieces of two tokens or more, its keys and
values come out the same to the last bit, but a single token takes another path whose rounding differs (logits by up to
0.6 after 30 layers with 8-bit activations). So no piece has one token, and what was generated is computed again when a
later prompt quotes it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rag_core.answer.generator import GenerationStats
from rag_core.answer.generator_messages import encodable, without_system
from rag_core.answer.generator_repetition import is_looping
from rag_core.answer.generator_runtime import load_runtime, no_memory, open_model, provider_name, return_free_memory
from rag_core.answer.generator_text import TextStream
from rag_core.errors import Cancelled, UserError
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack, verify
from rag_core.types import Message

# The cache of keys and values is allocated for a window that grows in these steps up to the model's context: a token
# of it takes 46 kB in the default model, but 0.8 MB in one of 4 billion weights.
_WINDOW_STEP_TOKENS = 256
# A run of the model cannot be interrupted from Python, so a prompt goes in pieces of about this long.
_PIECE_MS = 150.0
_PIECE_TOKENS = (32, 256)
_LEAST_PIECE_TOKENS = 2
# genai cannot go back in the state of these.
_NOT_REWINDABLE = frozenset({"phi3v", "whisper", "lfm2", "decoder-pipeline"})


class GenaiGenerator:
    """Fulfils `answer.generator.Generator` for a pack whose folder onnxruntime-genai can open."""

    def __init__(self, pack: Pack, threads: int = 0) -> None:
        verify(pack)
        self._genai = load_runtime()
        self.pack_id = pack.id
        self._model = open_model(self._genai, pack, threads)
        self._tokenizer = self._genai.Tokenizer(self._model)
        self.provider = provider_name(self._model.device_type)
        self.context_tokens = int(pack.manifest.spec["context_tokens"])
        self._ends = frozenset(int(token) for token in pack.manifest.spec["eos_token_ids"])
        self._template = pack.manifest.spec["chat_template"]
        self._rewindable = self._model.type not in _NOT_REWINDABLE
        self._system_role = self._takes_system_messages()
        self._state: Any = None
        self._window = 0
        self._kept: list[int] = []
        self._piece = _PIECE_TOKENS[0]
        self._stats = GenerationStats()

    @property
    def stats(self) -> GenerationStats:
        return self._stats

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(encodable(text)))

    def count_prompt_tokens(self, messages: Sequence[Message]) -> int:
        return len(self.prompt_tokens(messages))

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """The whole prompt as ids: chat template, then tokenizer, so that a shared prefix is exact."""
        return self.text_tokens(self.render(messages))

    def render(self, messages: Sequence[Message]) -> str:
        """The prompt as text, ready for the model's turn. Raises RuntimeError when the template refuses it."""
        if not self._system_role:
            messages = without_system(messages)
        return self._apply_template(messages)

    def _apply_template(self, messages: Sequence[Message]) -> str:
        turns = json.dumps([{"role": m.role, "content": encodable(m.content)} for m in messages], ensure_ascii=False)
        text: str = self._tokenizer.apply_chat_template(
            messages=turns, template_str=self._template, add_generation_prompt=True
        )
        return text

    def _takes_system_messages(self) -> bool:
        """Some templates (Gemma's) refuse system messages or leave them out."""
        try:
            return "probe-7e1" in self._apply_template((Message("system", "probe-7e1"), Message("user", "?")))
        except RuntimeError:
            return False

    def text_tokens(self, text: str) -> list[int]:
        return [int(token) for token in self._tokenizer.encode(text)]

    def generate(
        self,
        messages: Sequence[Message],
        *,
        max_new_tokens: int,
        cancel: CancelToken,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Iterator[str]:
        prompt = self.prompt_tokens(messages)
        needed = len(prompt) + max_new_tokens
        if needed > self.context_tokens:
            raise UserError(
                f"The question with its passages has {len(prompt)} tokens; with {max_new_tokens} for the answer that "
                f"is more than the {self.context_tokens} which the model “{self.pack_id}” can hold.",
                "Ask a shorter question, or start a new conversation.",
            )
        self._stats = GenerationStats(prompt_tokens=len(prompt))
        return self._answer(prompt, max_new_tokens, cancel, temperature, seed)

    def tokens_after(
        self, prompt: list[int], count: int, cancel: CancelToken, temperature: float = 0.0, seed: int = 0
    ) -> Iterator[int]:
        """The bare model: `count` tokens after `prompt`, whatever they are (ends and loops included)."""
        started = time.perf_counter()
        self._prepare_state(prompt, len(prompt) + count, temperature, seed)
        self._stats = GenerationStats(prompt_tokens=len(prompt), reused_tokens=len(self._kept))
        self._prefill(prompt, cancel)
        prefilled = time.perf_counter()
        self._stats = replace(self._stats, prefill_ms=(prefilled - started) * 1000)
        for made in range(1, count + 1):
            cancel.raise_if_cancelled()
            self._state.generate_next_token()
            token = int(self._state.get_next_tokens()[0])
            now = time.perf_counter()
            self._stats = replace(self._stats, new_tokens=made, decode_ms=(now - prefilled) * 1000)
            if made == 1:
                self._stats = replace(self._stats, time_to_first_token_ms=(now - started) * 1000)
            yield token

    def decode(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(np.array(tokens, np.int32))
        return text

    def forget(self) -> None:
        """Let go of the kept conversation and its memory."""
        self._state = None
        self._kept = []

    def close(self) -> None:
        self.forget()
        self._tokenizer = self._model = None
        return_free_memory()

    def _answer(
        self, prompt: list[int], new_tokens: int, cancel: CancelToken, temperature: float, seed: int
    ) -> Iterator[str]:
        stream = TextStream(self.decode)
        made: list[int] = []
        try:
            for token in self.tokens_after(prompt, new_tokens, cancel, temperature, seed):
                if token in self._ends:
                    self._finish("end")
                    break
                made.append(token)
                if piece := stream.feed(token):
                    yield piece
                if is_looping(made):
                    self._finish("repetition")
                    break
            else:
                self._finish("length")
        except Cancelled:
            self._finish("cancelled")
            raise
        if piece := stream.finish():
            yield piece

    def _prepare_state(self, prompt: list[int], needed: int, temperature: float, seed: int) -> None:
        """A state that holds nothing but the first tokens of `prompt`, as many as can be kept (never all of them)."""
        shared = min(_common_prefix(self._kept, prompt), len(prompt) - _LEAST_PIECE_TOKENS)
        usable = self._state is not None and self._rewindable and needed <= self._window and shared > 0
        if temperature > 0 or not usable:
            self.forget()
            stepped = -(-needed // _WINDOW_STEP_TOKENS) * _WINDOW_STEP_TOKENS
            self._window = min(max(self._window, stepped), self.context_tokens)
            self._state = self._new_state(temperature, seed)
            return
        self._state.rewind_to(shared)
        del self._kept[shared:]

    def _new_state(self, temperature: float, seed: int) -> Any:
        options: dict[str, Any] = {
            "max_length": self._window,
            "batch_size": 1,
            "num_beams": 1,
            "do_sample": temperature > 0,
        }
        if temperature > 0:
            options |= {"temperature": temperature, "top_p": 0.95, "top_k": 50, "random_seed": seed}
        parameters = self._genai.GeneratorParams(self._model)
        parameters.set_search_options(**options)
        try:
            return self._genai.Generator(self._model, parameters)
        except MemoryError as error:
            raise no_memory(self.pack_id) from error

    def _prefill(self, prompt: list[int], cancel: CancelToken) -> None:
        while len(self._kept) < len(prompt):
            cancel.raise_if_cancelled()
            end = len(self._kept) + self._piece
            if len(prompt) - end < _LEAST_PIECE_TOKENS:
                end = len(prompt)
            piece = prompt[len(self._kept) : end]
            started = time.perf_counter()
            before, self._kept = self._kept, []  # should this fail, nothing of the state is known any more
            self._state.append_tokens(np.array(piece, np.int32))
            self._kept = before + piece
            if len(piece) >= self._piece:
                self._resize_piece((time.perf_counter() - started) * 1000)

    def _resize_piece(self, took_ms: float) -> None:
        low, high = _PIECE_TOKENS
        if took_ms < _PIECE_MS / 2:
            self._piece = min(self._piece * 2, high)
        elif took_ms > _PIECE_MS * 2:
            self._piece = max(self._piece // 2, low)

    def _finish(self, stopped_by: Any) -> None:
        self._stats = replace(self._stats, stopped_by=stopped_by)


def _common_prefix(kept: Sequence[int], prompt: Sequence[int]) -> int:
    return next((i for i, (a, b) in enumerate(zip(kept, prompt, strict=False)) if a != b), min(len(kept), len(prompt)))
