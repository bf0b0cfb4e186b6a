"""The stages that a model does: one row each, and everything that is done for every stage goes through the table.

A row says which pack does the stage, how its model is made, and how it is tried out. The models themselves are loaded
when they are needed: a row costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from rag_core.messages import NOTHING, Message, say
from rag_core.runtime.pack import Pack, Role, find_pack
from rag_core.settings import Settings

if TYPE_CHECKING:
    from rag_core.embed.encoder import Encoder
    from rag_core.generate.generator import Generator
    from rag_core.progress import CancelToken
    from rag_core.read.reader import Reader
    from rag_core.runtime.placement import Placement
    from rag_core.runtime.places import Places

_SENTENCE, _TEXT = "Where does this run?", "It runs on this computer."


class PlacedModel(Protocol):
    """What every model of a stage has; its methods are its own. `placement` opens it when it is needed."""

    @property
    def placement(self) -> Placement[Any]: ...

    @property
    def pack_id(self) -> str: ...


Model = TypeVar("Model", bound=PlacedModel)


@dataclass(frozen=True)
class Stage(Generic[Model]):
    """`name` is its key in providers, reasons and the memory of failures; `word` is for a person.

    `make` makes the model of a pack, to be opened at one of the places, which are looked for when it is needed. `trial`
    is a small run, with as many tokens as a question takes, which warms the model up. An `optional` stage can be done
    without: a question is answered all the same where there is no model, and `without` says how.
    """

    name: str
    role: Role
    word: Message
    make: Callable[[Pack, Callable[[], Places]], Model] = field(compare=False)
    trial: Callable[[Model, int, CancelToken], object] = field(compare=False)
    optional: bool = False
    without: Message = NOTHING

    def pack(self, packs_dir: Path, settings: Settings) -> Pack:
        """The one that the settings name, else the first that is installed. Raises PackMissing, PackCorrupt."""
        return find_pack(packs_dir, self.role, getattr(settings, self.role, "") or None)


def _encoder(pack: Pack, places: Callable[[], Places]) -> Encoder:
    from rag_core.embed.opening import encoder_of

    return encoder_of(pack, places)


def _encode(encoder: Encoder, _tokens: int, _cancel: CancelToken) -> object:
    return encoder.encode_queries([_SENTENCE])


def _reader(pack: Pack, places: Callable[[], Places]) -> Reader:
    from rag_core.read.opening import reader_of

    return reader_of(pack, places)


def _read(reader: Reader, _tokens: int, cancel: CancelToken) -> object:
    return reader.read(_SENTENCE, [("", _TEXT)], cancel)


def _generator(pack: Pack, places: Callable[[], Places]) -> Generator:
    from rag_core.generate.opening import generator_of

    return generator_of(pack, places)


def _generate(generator: Generator, tokens: int, cancel: CancelToken) -> object:
    """One token, after the part of the prompt that every question shares: its work is kept for the first question.

    Room is asked for as a real question would, since what was computed in a smaller room is not kept.
    """
    from rag_core.answer.prompt import build_prompt

    messages = build_prompt(_SENTENCE, (), (), tokens, generator.count_tokens).messages
    room = generator.context_tokens - generator.count_prompt_tokens(messages)
    pieces = generator.generate(messages, max_new_tokens=max(1, min(room, tokens)), cancel=cancel)
    return next(iter(pieces), "")


# The keys stand in stored files and in the JSON of the command line: the reader's is older than its room.
EMBED: Stage[Encoder] = Stage("embed", "embedder", say("word-embedding"), _encoder, _encode)
READ: Stage[Reader] = Stage("rerank", "reader", say("word-reranking"), _reader, _read, True, say("no-reader"))
GENERATE: Stage[Generator] = Stage("generate", "llm", say("word-answering"), _generator, _generate)
STAGES: tuple[Stage[Any], ...] = (EMBED, READ, GENERATE)  # in the order of a question
