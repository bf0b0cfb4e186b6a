"""Put a generator together: tokenizer and chat template from the pack, a decoder from where it may run."""

from __future__ import annotations

from rag_core.answer.genai_decoder import GenaiDecoder
from rag_core.answer.generator_chat import ChatTokenizer
from rag_core.answer.generator_writer import WritingGenerator
from rag_core.runtime.pack import Pack


def open_on_processor(pack: Pack, threads: int = 0) -> WritingGenerator:
    """What onnxruntime-genai makes of the pack on the CPU, opened at once."""
    decoder = GenaiDecoder(pack, threads)
    return WritingGenerator(pack, ChatTokenizer(pack), decoder)
