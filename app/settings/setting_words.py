"""How the window speaks of each setting: its name, what it means, and choices in plain words where a bare number would
say nothing. What there is to set, and in which range, is declared in `rag_core.settings`.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.kit.form import Choice
from app.kit.text import tr
from rag_core.settings import Setting

_MIB = 1024**2


@dataclass(frozen=True, slots=True)
class SettingWords:
    """Numbers are shown in `unit`s, and go up and down by `step` of them."""

    title: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    unit: int = 1
    step: int = 1
    suffix: str = ""


def words_of(setting: Setting) -> SettingWords:
    """In the language in use. A setting that nobody has found words for goes by its own name."""
    plain = tuple(Choice(choice, choice) for choice in setting.choices)
    return _words().get(setting.name) or SettingWords(setting.name, choices=plain)


def in_order(settings: list[Setting]) -> list[Setting]:
    """As the pages show them: the most wanted first, those without words last."""
    places = list(_words())
    return sorted(settings, key=lambda row: places.index(row.name) if row.name in places else len(places))


def automatic(value: object = None) -> str:
    """What is left to Alcove, and what that comes to where it is known."""
    return tr("Automatic ({value})", value=value) if value else tr("Automatic")


def _words() -> dict[str, SettingWords]:
    return {
        "execution_provider": SettingWords(
            tr("Run the models on"),
            tr(
                "Automatic takes the NPU for models that are prepared for it, and the processor where that fails. "
                "“Only on the NPU” is a demand: what cannot run there says so and does not run."
            ),
            _places(),
        ),
        "threads": SettingWords(
            tr("Processor cores to use"), tr("Fewer cores leave more of the computer to other programs.")
        ),
        "parse_memory_bytes": SettingWords(
            tr("Memory for reading a document"),
            tr("A document that needs more than this is reported as not readable, so that the computer stays usable."),
            unit=_MIB,
            step=256,
            suffix=tr(" MB"),
        ),
        "max_new_tokens": SettingWords(
            tr("Longest answer"),
            tr("Small models answer briefly, and longer answers are more often wrong."),
            _lengths(),
        ),
        "evidence_tokens": SettingWords(
            tr("Text given to the model"),
            tr("How much of the passages it reads before it writes the answer."),
            _readings(),
        ),
        "relevance_threshold": SettingWords(
            tr("When to answer"), tr("Otherwise Alcove says that the documents do not hold the answer."), _thresholds()
        ),
        "top_k": SettingWords(tr("Passages to show"), tr("How many places in the documents are shown for a question.")),
        "chunk_tokens": SettingWords(
            tr("Length of a passage"),
            tr("Documents have to be read again before a new length takes effect."),
            _chunks(),
        ),
    }


def _places() -> tuple[Choice, ...]:
    return (
        Choice("auto", tr("Automatic: NPU first")),
        Choice("cpu", tr("Only on the processor")),
        Choice("npu", tr("Only on the NPU")),
    )


def _lengths() -> tuple[Choice, ...]:
    return (
        Choice(0, tr("What suits the model")),
        Choice(64, tr("Short: a sentence or two")),
        Choice(192, tr("Up to a paragraph")),
        Choice(512, tr("Up to several paragraphs")),
    )


def _readings() -> tuple[Choice, ...]:
    return (
        Choice(0, tr("What suits the model")),
        Choice(150, tr("Little: quicker answers")),
        Choice(500, tr("More: fuller answers, slower")),
        Choice(1500, tr("A lot: fullest answers, slowest")),
    )


def _thresholds() -> tuple[Choice, ...]:
    """How sure the search must be before anything is answered."""
    return (
        Choice(0.8, tr("Answer only when sure")),
        Choice(0.65, tr("Answer when fairly sure")),
        Choice(0.5, tr("Balanced")),
        Choice(0.35, tr("Answer more often")),
        Choice(0.2, tr("Answer nearly always")),
    )


def _chunks() -> tuple[Choice, ...]:
    return (
        Choice(120, tr("Short: exact places")),
        Choice(170, tr("Medium")),
        Choice(220, tr("Long: more context")),
    )
