"""The tokenizer as Hugging Face files, rebuilt from a GGUF file's metadata (byte-level BPE, pre-tokenizer "smollm")."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_CONTROL = 3  # token_type of tokens that are never text


def write_tokenizer(metadata: dict[str, Any], folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`. Raises ValueError for another kind of tokenizer."""
    kind = (metadata["tokenizer.ggml.model"], metadata["tokenizer.ggml.pre"])
    if kind != ("gpt2", "smollm"):
        raise ValueError(f"a tokenizer of kind {kind} is not rebuilt")
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer(metadata), ensure_ascii=False), encoding="utf-8")
    config = json.dumps(_tokenizer_config(metadata), ensure_ascii=False, indent=1)
    (folder / "tokenizer_config.json").write_text(config, encoding="utf-8")


def _special_tokens(metadata: dict[str, Any]) -> dict[int, str]:
    kinds = metadata["tokenizer.ggml.token_type"]
    return {i: token for i, token in enumerate(metadata["tokenizer.ggml.tokens"]) if kinds[i] == _CONTROL}


def _tokenizer(metadata: dict[str, Any]) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    bytes_as_letters = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": token} | flags for i, token in _special_tokens(metadata).items()],
        "normalizer": None,
        # Each digit is a token of its own; then GPT-2's splitting into words.
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, bytes_as_letters],
        },
        "post_processor": None,
        "decoder": bytes_as_letters,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: i for i, token in enumerate(metadata["tokenizer.ggml.tokens"])},
            "merges": metadata["tokenizer.ggml.merges"],
        },
    }


def _tokenizer_config(metadata: dict[str, Any]) -> dict[str, Any]:
    tokens = metadata["tokenizer.ggml.tokens"]
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {
        "tokenizer_class": "GPT2Tokenizer",
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "added_tokens_decoder": {str(i): {"content": token} | flags for i, token in _special_tokens(metadata).items()},
        "bos_token": tokens[metadata["tokenizer.ggml.bos_token_id"]],
        "eos_token": tokens[metadata["tokenizer.ggml.eos_token_id"]],
        "pad_token": tokens[metadata["tokenizer.ggml.padding_token_id"]],
        "unk_token": tokens[metadata["tokenizer.ggml.unknown_token_id"]],
        "model_max_length": metadata["llama.context_length"],
        "chat_template": metadata["tokenizer.chat_template"],
    }
