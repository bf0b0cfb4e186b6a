"""The law of `model_protocols.TextGenerator`, which every implementation has to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models.imports.llm import import_llm
from rag_core.errors import Cancelled, UserError
from rag_core.generate.opening import open_generator
from rag_core.model_protocols import TextGenerator
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack, find_pack
from rag_core.runtime.places import Places
from rag_core.types import ChatMessage
from tests.fakes_generator import FakeGenerator
from tests.generate.static_decoders import source_pack, static_pack, static_place
from tests.models.tiny_llm import QWEN_LIKE, write_folder

SYSTEM = ChatMessage("system", "You answer from the passages, in one short sentence.")
PASSAGE = "[1] Handbook\nThe office in Zürich opens at seven o'clock. 事務所は七時に開きます。 ☕🙂"
CONVERSATION = (SYSTEM, ChatMessage("user", f"Passages:\n{PASSAGE}\n\nQuestion: When does the office open?"))
OTHER = (SYSTEM, ChatMessage("user", "Question: Count from one to ten, and say each number twice."))


class GeneratorContract:
    @pytest.fixture
    def generator(self) -> TextGenerator:
        raise NotImplementedError

    def _text(
        self, generator: TextGenerator, messages: tuple[ChatMessage, ...], new: int = 12, **options: float
    ) -> str:
        pieces = generator.generate(messages, max_new_tokens=new, cancel=CancelToken(), **options)  # type: ignore[arg-type]
        return "".join(pieces)

    def test_pieces_are_whole_characters_and_never_empty(self, generator: TextGenerator) -> None:
        pieces = list(generator.generate(CONVERSATION, max_new_tokens=24, cancel=CancelToken()))
        assert pieces
        assert all(pieces)
        assert not any("\ufffd" in piece for piece in pieces)

    def test_the_same_messages_give_the_same_text_whatever_came_before(self, generator: TextGenerator) -> None:
        first = self._text(generator, CONVERSATION)
        self._text(generator, OTHER)
        after_another = self._text(generator, CONVERSATION)
        again = self._text(generator, CONVERSATION)
        assert first == after_another == again

    def test_the_shared_beginning_is_not_computed_again(self, generator: TextGenerator) -> None:
        self._text(generator, CONVERSATION)
        assert generator.stats.reused_tokens == 0
        self._text(generator, OTHER)
        assert 0 < generator.stats.reused_tokens < generator.stats.prompt_tokens
        assert generator.stats.reused_tokens >= generator.count_tokens(SYSTEM.content) // 2

    def test_the_same_seed_gives_the_same_text(self, generator: TextGenerator) -> None:
        first = self._text(generator, CONVERSATION, temperature=0.8, seed=3)
        assert self._text(generator, CONVERSATION, temperature=0.8, seed=3) == first

    def test_sampling_leaves_nothing_behind(self, generator: TextGenerator) -> None:
        expected = self._text(generator, CONVERSATION)
        self._text(generator, CONVERSATION, temperature=2.0, seed=3)
        assert self._text(generator, CONVERSATION) == expected

    def test_no_more_than_max_new_tokens(self, generator: TextGenerator) -> None:
        self._text(generator, OTHER, new=3)
        assert generator.stats.new_tokens == 3
        assert generator.stats.stopped_by == "length"

    def test_stats_tell_what_happened(self, generator: TextGenerator) -> None:
        self._text(generator, CONVERSATION)
        stats = generator.stats
        assert stats.prompt_tokens == generator.count_prompt_tokens(CONVERSATION)
        assert 0 < stats.new_tokens <= 12
        assert stats.stopped_by in ("end", "length", "repetition")

    def test_cancelling_stops_and_leaves_it_usable(self, generator: TextGenerator) -> None:
        expected = self._text(generator, CONVERSATION)
        cancel = CancelToken()
        pieces = generator.generate(CONVERSATION, max_new_tokens=24, cancel=cancel)
        next(pieces)
        cancel.cancel()
        with pytest.raises(Cancelled):
            list(pieces)
        assert generator.stats.stopped_by == "cancelled"
        assert self._text(generator, CONVERSATION) == expected

    def test_cancelled_before_it_began(self, generator: TextGenerator) -> None:
        cancel = CancelToken()
        cancel.cancel()
        with pytest.raises(Cancelled):
            list(generator.generate(CONVERSATION, max_new_tokens=4, cancel=cancel))
        assert self._text(generator, CONVERSATION)

    def test_closing_the_iterator_early_leaves_it_usable(self, generator: TextGenerator) -> None:
        expected = self._text(generator, CONVERSATION)
        pieces = generator.generate(CONVERSATION, max_new_tokens=24, cancel=CancelToken())
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]
        assert self._text(generator, CONVERSATION) == expected

    def test_two_texts_are_never_mixed(self, generator: TextGenerator) -> None:
        expected = self._text(generator, OTHER)
        older = generator.generate(CONVERSATION, max_new_tokens=12, cancel=CancelToken())
        next(older)
        newer = generator.generate(OTHER, max_new_tokens=12, cancel=CancelToken())
        pieces = [next(newer)]
        with pytest.raises(RuntimeError, match="One text at a time"):
            next(older)
        assert "".join([*pieces, *newer]) == expected

    def test_a_text_that_nobody_takes_blocks_no_other(self, generator: TextGenerator) -> None:
        expected = self._text(generator, OTHER)
        generator.generate(CONVERSATION, max_new_tokens=12, cancel=CancelToken())
        next(generator.generate(CONVERSATION, max_new_tokens=12, cancel=CancelToken()))
        assert self._text(generator, OTHER) == expected

    def test_too_long_a_prompt_is_refused_before_any_work(self, generator: TextGenerator) -> None:
        long = ChatMessage("user", "word and another " * generator.context_tokens)
        with pytest.raises(UserError, match=r"too long|more than"):
            list(generator.generate((SYSTEM, long), max_new_tokens=4, cancel=CancelToken()))
        assert self._text(generator, CONVERSATION)

    def test_counting(self, generator: TextGenerator) -> None:
        assert generator.count_tokens("") == 0
        assert 0 < generator.count_tokens("office") <= generator.count_tokens("office in Zürich")
        longer = generator.count_prompt_tokens(
            (*CONVERSATION, ChatMessage("assistant", "At seven."), ChatMessage("user", "Why?"))
        )
        assert longer > generator.count_prompt_tokens(CONVERSATION)

    def test_it_says_which_model_it_is(self, generator: TextGenerator) -> None:
        assert generator.pack_id


class TestFakeGenerator(GeneratorContract):
    @pytest.fixture
    def generator(self) -> TextGenerator:
        return FakeGenerator(
            reply=lambda messages: f"{messages[-1].content} and that is all there is to say about it ☕"
        )


@pytest.fixture(scope="module")
def tiny_pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("tiny")
    write_folder(folder / "tiny", replace(QWEN_LIKE, context_tokens=1024), "qwen2")
    list(import_llm(folder / "tiny", folder / "packs"))
    return find_pack(folder / "packs", "llm")


@pytest.fixture(scope="module")
def source_and_static(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pack, Pack]:
    folder = tmp_path_factory.mktemp("static")
    source = source_pack(folder)
    return source, static_pack(folder, source)


class TestStaticGeneratorInMiniature(GeneratorContract):
    """The same model as graphs of fixed shapes, on the CPU."""

    @pytest.fixture
    def generator(self, source_and_static: tuple[Pack, Pack]) -> Iterator[TextGenerator]:
        source, static = source_and_static
        generator = open_generator(source, Places((static_place(static),)))
        yield generator
        generator.close()

    def test_it_writes_what_the_other_runtime_writes(
        self, generator: TextGenerator, source_and_static: tuple[Pack, Pack]
    ) -> None:
        genai = open_generator(source_and_static[0], threads=1)
        for messages in (CONVERSATION, OTHER, (ChatMessage("user", "?"),), (*OTHER, *CONVERSATION[1:])):
            assert self._text(generator, messages, 48) == self._text(genai, messages, 48)
            assert generator.stats.new_tokens == genai.stats.new_tokens
            assert generator.stats.prompt_tokens == genai.stats.prompt_tokens
        genai.close()


class TestGenaiGeneratorInMiniature(GeneratorContract):
    """The real implementation on a model of random weights: every byte is a token, and what it says is nonsense."""

    @pytest.fixture
    def generator(self, tiny_pack: Pack) -> Iterator[TextGenerator]:
        generator = open_generator(tiny_pack, threads=1)
        yield generator
        generator.close()

    def test_cancelling_in_the_middle_of_a_prompt_keeps_what_was_done(self, generator: TextGenerator) -> None:
        expected = self._text(generator, CONVERSATION)
        self._text(generator, (ChatMessage("user", "Something else."),))
        with pytest.raises(Cancelled):
            list(generator.generate(CONVERSATION, max_new_tokens=4, cancel=CancelledAtStep(3)))
        assert generator.stats.new_tokens == 0
        assert self._text(generator, CONVERSATION) == expected
        assert 32 < generator.stats.reused_tokens < generator.stats.prompt_tokens


class CancelledAtStep(CancelToken):
    """Somebody presses stop while the prompt is read."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.left = step

    def raise_if_cancelled(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.cancel()
        super().raise_if_cancelled()


@pytest.mark.packs
class TestGenaiGenerator(GeneratorContract):
    @pytest.fixture
    def generator(self, packs_dir: Path) -> Iterator[TextGenerator]:
        generator = open_generator(find_pack(packs_dir, "llm"))
        yield generator
        generator.close()
