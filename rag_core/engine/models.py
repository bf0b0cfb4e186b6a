"""The models of one engine, each opened when it is first needed and told of where it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rag_core.answer.generator import Generator, open_generator
from rag_core.embed.bi_encoder import BiEncoder, open_encoder
from rag_core.embed.description import read_spec
from rag_core.engine import suited
from rag_core.identity import identity_of
from rag_core.index.records import Identity
from rag_core.paths import DataDir
from rag_core.runtime.devices import QNN, DeviceKind
from rag_core.runtime.pack import Pack, Role, find_pack
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.settings import Settings
from rag_core.types import TextEncoder, TokenCounter
from rag_core.words import is_cjk


class Models(Protocol):
    """What the engine asks of its models. Each is opened on first use; raises PackMissing when it is not installed.

    `load_ms` (per model, of those opened since it was last cleared) and `providers` (per stage) fill as models are
    opened; `reasons` says, per stage, why it does not run where it was asked to.
    """

    load_ms: dict[str, float]
    providers: dict[str, str]
    reasons: dict[str, str]

    @property
    def encoder(self) -> TextEncoder: ...

    @property
    def token_counter(self) -> TokenCounter: ...

    @property
    def generator(self) -> Generator: ...

    @property
    def identity(self) -> Identity:
        """What vectors and chunks that are made now are made by."""
        ...

    @property
    def llm_id(self) -> str: ...

    @property
    def evidence_tokens(self) -> int:
        """How much of the passages the language model handles well in one prompt."""
        ...

    @property
    def max_new_tokens(self) -> int:
        """The longest answer that suits the language model."""
        ...

    def kind_of(self, stage: str) -> DeviceKind:
        """The kind of device that "embed" or "generate" runs on, or will; opens no model, and raises nothing."""
        ...

    def reads(self, text: str) -> bool:
        """Whether the embedder knows the language of `text`."""
        ...

    def writes(self, text: str) -> bool:
        """Whether the language model can answer in the language of `text`."""
        ...

    def close(self) -> None:
        """Give the models' memory back; the next use opens them again."""
        ...


@dataclass(slots=True)
class PackModels:
    """Models from packs, as the settings choose them."""

    data_dir: DataDir
    settings: Settings
    load_ms: dict[str, float] = field(default_factory=dict)
    providers: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    _encoder: BiEncoder | None = None
    _generator: Generator | None = None
    _token_counter: TokenCounter | None = None
    _packs: dict[Role, Pack] = field(default_factory=dict)

    @property
    def embedder_pack(self) -> Pack:
        return self._found("embedder", self.settings.embedder)

    @property
    def llm_pack(self) -> Pack:
        return self._found("llm", self.settings.llm)

    def _found(self, role: Role, pack_id: str) -> Pack:
        """Looked up once: a manifest is read in a millisecond, and every search asks for it several times."""
        if role not in self._packs:
            self._packs[role] = find_pack(self.data_dir.packs, role, pack_id or None)
        return self._packs[role]

    @property
    def encoder(self) -> BiEncoder:
        if self._encoder is None:
            with self._timed("load_embedder"):
                chosen = self.settings
                self._encoder = open_encoder(self.embedder_pack, chosen.threads, chosen.execution_provider)
            self.providers["embed"] = self._encoder.provider
            if self._encoder.reason:
                self.reasons["embed"] = self._encoder.reason
        return self._encoder

    @property
    def token_counter(self) -> TokenCounter:
        """The embedder's tokenizer alone: cutting documents needs no model."""
        if self._token_counter is None:
            pack = self.embedder_pack
            self._token_counter = PackTokenizer(pack.path_of(read_spec(pack).tokenizer))
        return self._token_counter

    @property
    def generator(self) -> Generator:
        if self._generator is None:
            with self._timed("load_llm"):
                self._generator = open_generator(self.llm_pack, self.settings.threads)
            self.providers["generate"] = self._generator.provider
        return self._generator

    @property
    def identity(self) -> Identity:
        return identity_of(self.embedder_pack)

    @property
    def llm_id(self) -> str:
        return self.llm_pack.id

    @property
    def evidence_tokens(self) -> int:
        return suited.evidence_tokens(self.settings, self.llm_pack.manifest.spec, self.kind_of("generate"))

    @property
    def max_new_tokens(self) -> int:
        return suited.max_new_tokens(self.settings, self.llm_pack.manifest.spec, self.kind_of("generate"))

    def kind_of(self, stage: str) -> DeviceKind:
        return "npu" if self.providers.get(stage) == QNN else "cpu"

    def reads(self, text: str) -> bool:
        return _knows(self.embedder_pack, text)

    def writes(self, text: str) -> bool:
        return _knows(self.llm_pack, text)

    def close(self) -> None:
        if self._generator is not None:
            self._generator.close()
        self._generator = self._encoder = self._token_counter = None
        self._packs.clear()

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.load_ms[name] = (time.perf_counter() - started) * 1000


def _knows(pack: Pack, text: str) -> bool:
    """A pack that does not name its languages is taken to know them all."""
    languages = pack.manifest.spec.get("languages", [])
    return not languages or not is_cjk(text) or not {"zh", "ja", "ko"}.isdisjoint(languages)
