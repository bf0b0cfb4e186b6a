"""When a device fails, the answer goes on elsewhere: nothing is missing, nothing is said twice, the person is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rag_core.errors import Cancelled, DeviceFailed, PackCorrupt, ProviderUnavailable, UserError
from rag_core.generate.generator import Generator
from rag_core.generate.opening import open_generator
from rag_core.generate.static_decoder import StaticDecoder
from rag_core.messages import literal
from rag_core.progress import CancelToken
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.pack import Pack
from rag_core.runtime.places import KnownMachine, Place, Places, find_places
from rag_core.runtime.plugins import CPU, QNN
from rag_core.runtime.session import Session
from rag_core.types import ChatMessage
from tests.generate.static_decoders import Log, on_processor, source_pack, static_pack, static_place
from tests.runtime.fakes import Disguised, the_processor

QUESTION = (ChatMessage("system", "Be short."), ChatMessage("user", "What is this about?"))
OTHER = (ChatMessage("system", "Be short."), ChatMessage("user", "And when?"))
GONE = DeviceFailed("The Snapdragon NPU refused a run.", "")
TOKENS = 40
END = 0


@dataclass
class TwoDevices:
    """An NPU that is a CPU in disguise, and the CPU."""

    source: Pack
    static: Pack
    log: Log = field(default_factory=Log)
    told: list[str] = field(default_factory=list)
    opened: list[Generator] = field(default_factory=list)

    def generator(self, npu: Place | None = None, reason: str = "") -> Generator:
        return self._opened(npu or self.npu(), on_processor(self.source), reason=reason)

    def demanded(self) -> Generator:
        """The NPU or nothing."""
        return self._opened(self.npu())

    def npu(self) -> Disguised:
        return static_place(self.static, self.log, told=self.told)

    def _opened(self, *found: Place, reason: str = "") -> Generator:
        self.opened.append(open_generator(self.source, Places(found, literal(reason))))
        return self.opened[-1]


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pack, Pack]:
    folder = tmp_path_factory.mktemp("packs")
    source = source_pack(folder)
    return source, static_pack(folder, source)


@pytest.fixture
def places(packs: tuple[Pack, Pack]) -> Iterator[TwoDevices]:
    places = TwoDevices(*packs)
    yield places
    for generator in places.opened:
        generator.close()


@pytest.fixture
def expected(packs: tuple[Pack, Pack]) -> list[int]:
    generator = open_generator(packs[0], threads=1)
    tokens = _tokens(generator)
    generator.close()
    assert END not in tokens
    return tokens


def _provider(generator: Generator) -> str:
    return generator.placement.device.provider


def _tokens(generator: Generator, messages: tuple[ChatMessage, ...] = QUESTION) -> list[int]:
    """Random weights say little that is text: what was made is compared."""
    return list(generator.tokens_after(generator.chat.prompt(messages), TOKENS, CancelToken()))


def test_all_is_well(places: TwoDevices, expected: list[int]) -> None:
    generator = places.generator()
    assert _tokens(generator) == expected
    assert (_provider(generator), str(generator.placement.reason), places.told) == (QNN, "", [])


# A prompt of 33 tokens is read in three runs, after which there is a token; the second run from there makes the third.
@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 20])
def test_it_fails_in_the_middle(at: int, places: TwoDevices, expected: list[int]) -> None:
    places.log.error, places.log.fail_at = GONE, at
    generator = places.generator()
    assert _tokens(generator) == expected
    assert len(places.log.runs) == at + 1
    assert _provider(generator) == CPU
    assert str(GONE.message) in str(generator.placement.reason)
    assert "the processor" in str(generator.placement.reason)
    assert places.told == [str(GONE.message)]
    stats = generator.stats
    assert stats.prompt_tokens == generator.count_prompt_tokens(QUESTION)
    assert stats.new_tokens == TOKENS
    assert 0 < stats.time_to_first_token_ms <= stats.prefill_ms + stats.decode_ms


def test_the_pieces_that_were_shown_stay_shown(places: TwoDevices) -> None:
    def pieces() -> Iterator[str]:
        return places.generator().generate(QUESTION, max_new_tokens=TOKENS, cancel=CancelToken())

    expected = list(pieces())
    assert len(expected) > 2
    going_on = pieces()
    shown = [next(going_on), next(going_on)]
    places.log.error, places.log.fail_at = GONE, len(places.log.runs)
    assert _provider(places.opened[-1]) == QNN
    assert [*shown, *going_on] == expected
    assert _provider(places.opened[-1]) == CPU
    assert places.opened[-1].stats.stopped_by == "length"


def test_the_next_question_goes_where_it_works(places: TwoDevices, expected: list[int]) -> None:
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
def test_it_does_not_open(refusal: UserError, told: list[str], places: TwoDevices, expected: list[int]) -> None:
    """Damaged files and a missing driver are no failure of the device: with other files it may work."""

    def refuse(session: Session) -> Session:
        raise refusal

    generator = places.generator(replace(places.npu(), noted=refuse), reason="At first it was not prepared.")
    assert _tokens(generator) == expected
    assert _provider(generator) == CPU
    assert str(generator.placement.reason).startswith(f"At first it was not prepared. {refusal.message}")
    assert places.told == told


def test_chance_goes_on_too(places: TwoDevices) -> None:
    places.log.error, places.log.fail_at = GONE, 8
    generator = places.generator()
    made = list(generator.tokens_after(range(10, 60), 12, CancelToken(), 1.0, seed=1))
    assert len(made) == 12
    assert _provider(generator) == CPU


def test_where_there_is_no_other_place_the_failure_is_told(places: TwoDevices) -> None:
    places.log.error, places.log.fail_at = GONE, 6
    generator = places.demanded()
    with pytest.raises(DeviceFailed, match="refused a run"):
        _tokens(generator)
    assert places.told == [str(GONE.message)]


def test_cancelling_is_no_failure(places: TwoDevices, expected: list[int]) -> None:
    generator = places.generator()
    places.log.cancel_at = 5
    with pytest.raises(Cancelled):
        list(generator.generate(QUESTION, max_new_tokens=TOKENS, cancel=CancelToken()))
    places.log.cancel_at = None
    assert generator.stats.stopped_by == "cancelled"
    assert _provider(generator) == QNN
    assert _tokens(generator) == expected


def test_opened_where_the_machine_can(packs: tuple[Pack, Pack], expected: list[int]) -> None:
    """Through the sessions that a real device gets."""
    source, static = packs
    places = (Place(the_processor(), static, threads=1), on_processor(source))
    generator = open_generator(source, Places(places, literal("Nothing better is here.")))
    assert isinstance(generator.placement.opened(), StaticDecoder)
    assert _tokens(generator) == expected
    assert str(generator.placement.reason) == "Nothing better is here."
    generator.close()


def test_a_machine_without_an_npu(packs: tuple[Pack, Pack], expected: list[int], tmp_path: Path) -> None:
    known = KnownMachine(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))
    generator = open_generator(packs[0], find_places("generate", packs[0], "cpu", known, 1))
    assert _tokens(generator) == expected
    assert (_provider(generator), str(generator.placement.reason)) == (CPU, "")
    generator.close()
    with pytest.raises(ProviderUnavailable, match="cannot run on “npu”"):
        find_places("generate", packs[0], "npu", known, 1)


def test_a_closed_generator_is_opened_again_and_says_the_same(places: TwoDevices, expected: list[int]) -> None:
    generator = places.generator()
    assert generator.placement.bytes == 0, "graphs are opened when they are needed"
    assert _tokens(generator) == expected
    held = generator.placement.bytes
    weights = next(file.bytes for file in places.static.manifest.files if file.path == "weights.data")
    assert held > weights
    begun = generator.generate(QUESTION, max_new_tokens=TOKENS, cancel=CancelToken())
    next(begun)
    generator.close()
    assert generator.placement.bytes == 0
    with pytest.raises(RuntimeError, match="One text at a time"):
        next(begun)
    assert _tokens(generator) == expected
    assert generator.placement.bytes == held
