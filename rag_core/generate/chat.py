"""A pack's tokenizer and chat template, as onnxruntime-genai reads them; no model is loaded for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from rag_core.errors import PackCorrupt
from rag_core.generate.chat_messages import encodable, without_system
from rag_core.generate.genai_runtime import load_runtime
from rag_core.messages import say
from rag_core.runtime.pack import Pack
from rag_core.types import ChatMessage


class ChatTokenizer:
    """Conversations to tokens, tokens to text. Raises PackCorrupt where the pack's tokenizer cannot be read."""

    def __init__(self, pack: Pack) -> None:
        try:
            self._tokenizer: Any = load_runtime().Tokenizer(str(pack.root))
        except RuntimeError as error:
            raise PackCorrupt(
                say("model-without-tokenizer", pack=pack.id, error=str(error)), say("make-pack-again")
            ) from error
        self._template = pack.manifest.spec["chat_template"]
        self._system_role = self._takes_system_messages()

    def tokens(self, text: str) -> list[int]:
        return [int(token) for token in self._tokenizer.encode(encodable(text))]

    def text(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(np.array(tokens, np.int32))
        return text

    def render(self, messages: Sequence[ChatMessage]) -> str:
        """The prompt as text, ready for the model's turn. Raises RuntimeError when the template refuses it."""
        return self._apply(messages if self._system_role else without_system(messages))

    def prompt(self, messages: Sequence[ChatMessage]) -> list[int]:
        """The whole prompt as ids: chat template, then tokenizer, so that a shared prefix is exact."""
        return self.tokens(self.render(messages))

    def close(self) -> None:
        self._tokenizer = None

    def _apply(self, messages: Sequence[ChatMessage]) -> str:
        turns = json.dumps([{"role": m.role, "content": encodable(m.content)} for m in messages], ensure_ascii=False)
        text: str = self._tokenizer.apply_chat_template(
            messages=turns, template_str=self._template, add_generation_prompt=True
        )
        return text

    def _takes_system_messages(self) -> bool:
        """Some templates (Gemma's) refuse system messages or leave them out."""
        try:
            return "probe-7e1" in self._apply((ChatMessage("system", "probe-7e1"), ChatMessage("user", "?")))
        except RuntimeError:
            return False
