"""When a device fails, the answer goes on elsewhere: nothing is missing, nothing is said twice, the person is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rag_core.errors import Cancelled, DeviceFailed, PackCorrupt, ProviderUnavailable, UserError
from rag_core.generate import opening as generator_opening
from rag_core.generate.chat import ChatTokenizer
from rag_core.generate.genai_decoder import GenaiDecoder
from rag_core.generate.generator import open_generator
from rag_core.generate.opening import open_by_itself
from rag_core.generate.placed_decoder import PlacedDecoder
from rag_core.generate.token_decoder import TokenDecoder
from rag_core.generate.writer import WritingGenerator
from rag_core.progress import CancelToken
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.choice import Choice, Place, Surroundings
from rag_core.runtime.devices import CPU, list_devices
from rag_core.runtime.pack import Pack
from rag_core.runtime.spots import Spot
from rag_core.types import ChatMessage
from tests.generate.static_decoders import LIKE_AN_NPU, Log, source_pack, static_on_cpu, static_pack

QUESTION = (ChatMessage("system", "Be short."), ChatMessage("user", "What is this about?"))
OTHER = (ChatMessage("system", "Be short."), ChatMessage("user", "And when?"))
GONE = DeviceFailed("The Snapdragon NPU refused a run.", "")
TOKENS = 40
END = 0


@dataclass
class Places:
    """An NPU that is a CPU in disguise, and the CPU."""

    source: Pack
    static: Pack
    log: Log = field(default_factory=Log)
    told: list[str] = field(default_factory=list)
    opened: list[WritingGenerator] = field(default_factory=list)

    def generator(self, npu: Callable[[], TokenDecoder] | None = None, reason: str = "") -> WritingGenerator:
        spots: list[Spot[TokenDecoder]] = [
            Spot("the Snapdragon NPU", npu or (lambda: static_on_cpu(self.static, self.log)), self.told.append),
            Spot("the processor", lambda: GenaiDecoder(self.source, 1), self.told.append),
        ]
        return self._opened(PlacedDecoder(spots, reason))

    def demanded(self) -> WritingGenerator:
        """The NPU or nothing."""
        spots: list[Spot[TokenDecoder]] = [
            Spot("the NPU", lambda: static_on_cpu(self.static, self.log), self.told.append)
        ]
        return self._opened(PlacedDecoder(spots))

    def _opened(self, decoder: PlacedDecoder) -> WritingGenerator:
        self.opened.append(WritingGenerator(self.source, ChatTokenizer(self.source), decoder))
        return self.opened[-1]


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pack, Pack]:
    folder = tmp_path_factory.mktemp("packs")
    source = source_pack(folder)
    return source, static_pack(folder, source)


@pytest.fixture
def places(packs: tuple[Pack, Pack]) -> Iterator[Places]:
    places = Places(*packs)
    yield places
    for generator in places.opened:
        generator.close()


@pytest.fixture
def expected(packs: tuple[Pack, Pack]) -> list[int]:
    generator = open_by_itself(packs[0], 1)
    tokens = _tokens(generator)
    generator.close()
    assert END not in tokens
    return tokens


def _tokens(generator: WritingGenerator, messages: tuple[ChatMessage, ...] = QUESTION) -> list[int]:
    """Random weights say little that is text: what was made is compared."""
    return list(generator.decoder.tokens_after(generator.chat.prompt(messages), TOKENS, CancelToken()))


def test_all_is_well(places: Places, expected: list[int]) -> None:
    generator = places.generator()
    assert _tokens(generator) == expected
    assert (generator.provider, generator.reason, places.told) == (LIKE_AN_NPU, "", [])


# A prompt of 33 tokens is read in three runs, after which there is a token; the second run from there makes the third.
@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 20])
def test_it_fails_in_the_middle(at: int, places: Places, expected: list[int]) -> None:
    places.log.error, places.log.fail_at = GONE, at
    generator = places.generator()
    assert _tokens(generator) == expected
    assert len(places.log.runs) == at + 1
    assert generator.provider == CPU
    assert str(GONE.message) in generator.reason
    assert "the processor" in generator.reason
    assert places.told == [GONE.message]
    stats = generator.stats
    assert stats.prompt_tokens == generator.count_prompt_tokens(QUESTION)
    assert stats.new_tokens == TOKENS
    assert 0 < stats.time_to_first_token_ms <= stats.prefill_ms + stats.decode_ms


def test_the_pieces_that_were_shown_stay_shown(places: Places) -> None:
    def pieces() -> Iterator[str]:
        return places.generator().generate(QUESTION, max_new_tokens=TOKENS, cancel=CancelToken())

    expected = list(pieces())
    assert len(expected) > 2
    going_on = pieces()
    shown = [next(going_on), next(going_on)]
    places.log.error, places.log.fail_at = GONE, len(places.log.runs)
    assert places.opened[-1].provider == LIKE_AN_NPU
    assert [*shown, *going_on] == expected
    assert places.opened[-1].provider == CPU
    assert places.opened[-1].stats.stopped_by == "length"


def test_the_next_question_goes_where_it_works(places: Places, expected: list[int]) -> None:
    places.log.error, places.log.fail_at = GONE, 3
    generator = places.generator()
    _tokens(generator, OTHER)
    runs = len(places.log.runs)
    assert _tokens(generator) == expected
    assert len(places.log.runs) == runs
    assert generator.stats.reused_tokens > 0


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (DeviceFailed("The NPU hung.", ""), ["The NPU hung."]),
        (ProviderUnavailable("The driver is too old.", ""), []),
        (PackCorrupt("A context is truncated.", ""), []),
    ],
)
def test_it_does_not_open(refusal: UserError, told: list[str], places: Places, expected: list[int]) -> None:
    """Damaged files and a missing driver are no failure of the device: with other files it may work."""

    def refuse() -> TokenDecoder:
        raise refusal

    generator = places.generator(refuse, reason="At first it was not prepared.")
    assert generator.provider == CPU
    assert _tokens(generator) == expected
    assert generator.reason.startswith(f"At first it was not prepared. {refusal.message}")
    assert places.told == told


def test_chance_goes_on_too(places: Places) -> None:
    places.log.error, places.log.fail_at = GONE, 8
    generator = places.generator()
    made = list(generator.decoder.tokens_after(range(10, 60), 12, CancelToken(), 1.0, seed=1))
    assert len(made) == 12
    assert generator.provider == CPU


def test_where_there_is_no_other_place_the_failure_is_told(places: Places) -> None:
    places.log.error, places.log.fail_at = GONE, 6
    generator = places.demanded()
    with pytest.raises(DeviceFailed, match="refused a run"):
        _tokens(generator)
    assert places.told == [GONE.message]


def test_cancelling_is_no_failure(places: Places, expected: list[int]) -> None:
    generator = places.generator()
    places.log.cancel_at = 5
    with pytest.raises(Cancelled):
        list(generator.generate(QUESTION, max_new_tokens=TOKENS, cancel=CancelToken()))
    places.log.cancel_at = None
    assert generator.stats.stopped_by == "cancelled"
    assert generator.provider == LIKE_AN_NPU
    assert _tokens(generator) == expected


def test_opened_where_the_machine_can(
    packs: tuple[Pack, Pack], expected: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the sessions that a real device gets."""
    source, static = packs
    processor = list_devices(look_for_npu=False).devices[0]
    asked: list[str] = []

    def choose(stage: str, pack: Pack, preference: str, _around: Surroundings) -> Choice:
        asked.extend((stage, pack.id, preference))
        return Choice((Place(processor, static), Place(processor, source)), "Nothing better is here.")

    monkeypatch.setattr(generator_opening, "choose", choose)
    around = Surroundings(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))
    generator = open_generator(source, 1, "npu", around)
    assert isinstance(generator, WritingGenerator)
    assert _tokens(generator) == expected
    assert generator.reason == "Nothing better is here."
    assert asked == ["generate", source.id, "npu"]
    generator.close()


def test_a_machine_without_an_npu(packs: tuple[Pack, Pack], expected: list[int], tmp_path: Path) -> None:
    around = Surroundings(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))
    generator = open_generator(packs[0], 1, "cpu", around)
    assert isinstance(generator, WritingGenerator)
    assert _tokens(generator) == expected
    assert (generator.provider, generator.reason) == (CPU, "")
    generator.close()
    with pytest.raises(ProviderUnavailable, match="only"):
        open_generator(packs[0], 1, "npu")
