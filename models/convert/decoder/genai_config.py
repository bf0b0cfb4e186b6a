"""`genai_config.json`: what onnxruntime-genai has to know about a decoder graph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.convert.decoder.network import Network


def write_genai_config(
    network: Network, folder: Path, graph: str, *, kind: str, bos: int, eos: tuple[int, ...], pad: int
) -> None:
    """Write it beside the graph. `kind` is genai's name of the architecture ("llama", "qwen2", "gemma", ...)."""
    decoder: dict[str, Any] = {
        "session_options": {"provider_options": []},
        "filename": graph,
        "head_size": network.head_size,
        "hidden_size": network.hidden,
        "num_attention_heads": network.heads,
        "num_hidden_layers": network.layers,
        "num_key_value_heads": network.kv_heads,
        "inputs": {
            "input_ids": "input_ids",
            "attention_mask": "attention_mask",
            "past_key_names": "past_key_values.%d.key",
            "past_value_names": "past_key_values.%d.value",
        },
        "outputs": {
            "logits": "logits",
            "present_key_names": "present.%d.key",
            "present_value_names": "present.%d.value",
        },
    }
    model = {
        "type": kind,
        "bos_token_id": bos,
        "eos_token_id": list(eos),
        "pad_token_id": pad,
        "vocab_size": network.vocabulary,
        "context_length": network.context_tokens,
        "decoder": decoder,
    }
    # One cache is read and written in place; without this each token copies the whole cache.
    search = {
        "max_length": network.context_tokens,
        "past_present_share_buffer": True,
        "do_sample": False,
        "num_beams": 1,
    }
    text = json.dumps({"model": model, "search": search}, indent=1)
    (folder / "genai_config.json").write_text(text, encoding="utf-8")
