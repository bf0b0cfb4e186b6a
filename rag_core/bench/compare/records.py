"""What a comparison of providers is made of. Plain data: it crosses process borders and is kept as JSON.

What is `absent` has a reason in plain words instead of a value, and never a value of another provider's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from rag_core.bench.energy import Energy, Interval
from rag_core.messages import NOTHING, Message, from_data, to_data
from rag_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Work:
    """What every provider gets to do. The settings that a device may otherwise choose for itself are fixed here.

    `files` are the text files beside the samples, `questions` are asked, `searches` searched only, `texts` embedded to
    compare the vectors.
    """

    files: int = 200
    questions: int = 12
    searches: int = 30
    texts: int = 64
    chunk_tokens: int = 220
    top_k: int = 5
    evidence_tokens: int = 1024
    max_new_tokens: int = 128

    @classmethod
    def chosen(cls, *, quick: bool, emulated: bool, questions: int | None) -> Work:
        """On an emulated NPU a chunk of a prompt takes seconds, and so does a word: there, only a little of each."""
        work = cls()
        if quick:
            work = replace(work, files=20, questions=3, searches=12, texts=32, evidence_tokens=256, max_new_tokens=48)
        if emulated:
            work = replace(work, files=0, questions=2, searches=4, texts=16, evidence_tokens=60, max_new_tokens=16)
        return work if questions is None else replace(work, questions=questions)

    def settings(self, chosen: Settings, provider: str) -> Settings:
        """The person's settings, but for what would make the work differ. Every question is answered."""
        return chosen.with_overrides(
            execution_provider=provider,
            chunk_tokens=self.chunk_tokens,
            top_k=self.top_k,
            evidence_tokens=self.evidence_tokens,
            max_new_tokens=self.max_new_tokens,
            relevance_threshold=0.0,
        )


@dataclass(frozen=True, slots=True)
class Provider:
    """A column. `id` is what the setting `execution_provider` calls it, `name` what ONNX Runtime does."""

    id: str
    name: str
    title: str
    device: str
    emulated: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The documents, which are read once for all providers: what that took, and what there is to embed."""

    bytes: int
    chunks: int
    tokens: int
    seconds: float
    energies: tuple[Energy, ...] = ()
    interval: Interval = field(default_factory=lambda: Interval(0.0, 0.0))


@dataclass(frozen=True, slots=True)
class Order:
    """What a measuring process is told. `folder` is its own data folder, with the documents read already; `data` is
    the person's, for the models; `idle_watts` are those of each meter, by its name.
    """

    provider: Provider
    work: Work
    settings: Settings
    data: Path
    folder: Path
    documents: Path
    reading: Reading
    idle_watts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What does a stage's work, and where. `placement` counts the nodes of its graphs by provider, where known."""

    model: str
    precision: str
    provider: str = ""
    placement: dict[str, int] = field(default_factory=dict)
    load_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """One question's answer. `prompt` is a digest of what the model was given; `pieces` are what it wrote, a token each
    (but for tokens that hold half a character). `sources` are the files and pages that the answer cites.
    """

    question: str
    text: str
    prompt: str
    pieces: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(slots=True)
class ProviderRun:
    """What one provider did, as far as it came. `figures` and `absent` share their keys; `failure` says how it ended
    early. `energies`, `energy_notes` and `intervals` go by "index" and "query".
    """

    provider: Provider
    stages: dict[str, StageFacts] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    absent: dict[str, Message] = field(default_factory=dict)
    energies: dict[str, list[Energy]] = field(default_factory=dict)
    energy_notes: dict[str, list[Message]] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    vectors: list[list[float]] = field(default_factory=list)
    found: list[list[str]] = field(default_factory=list)
    failure: Message = NOTHING

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "absent": {name: to_data(reason) for name, reason in self.absent.items()},
            "energy_notes": {name: list(map(to_data, notes)) for name, notes in self.energy_notes.items()},
            "failure": to_data(self.failure),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ProviderRun:
        """Raises KeyError, TypeError for what `as_json` did not write."""
        return cls(
            provider=Provider(**stored["provider"]),
            stages={name: StageFacts(**facts) for name, facts in stored["stages"].items()},
            figures=dict(stored["figures"]),
            absent={name: from_data(reason) for name, reason in stored["absent"].items()},
            energies={name: [Energy(**energy) for energy in found] for name, found in stored["energies"].items()},
            energy_notes={name: list(map(from_data, notes)) for name, notes in stored["energy_notes"].items()},
            intervals={name: Interval(**interval) for name, interval in stored["intervals"].items()},
            said=[_said(said) for said in stored["said"]],
            vectors=stored["vectors"],
            found=stored["found"],
            failure=from_data(stored["failure"]),
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """A measuring process's last message. `failure` is empty when all was measured."""

    failure: Message = NOTHING


def _said(stored: Mapping[str, Any]) -> Said:
    return Said(**{**stored, "pieces": tuple(stored["pieces"]), "sources": tuple(stored["sources"])})
