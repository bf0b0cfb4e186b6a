"""What a person may set: one declared table. Every row says what its value can be and who may set it.

The file, a library's own settings, the command line's options and the window's pages are all made from the rows; `null`
in a file means the default. Another row is a field more, here or in a subclass.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, Self

from rag_core.errors import StorageFull, UserError
from rag_core.messages import Message, say
from rag_core.paths import replace_file

Value = int | float | str

_MIB = 1024**2
_ROW = "row"


@dataclass(frozen=True, slots=True)
class Option:
    """How the command line names a setting. `group`: the commands that have it (all, those that search, or answer)."""

    flag: str
    metavar: str
    help: str
    group: Literal["all", "search", "answer"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A row. A number lies between `least` and `most`, a text is one of `choices` where there are any.

    A default outside of that stands for what suits: it can be left in the file, but nobody can ask for it. Which part
    of the window shows it is its `page`; `per_library`: a library may be set to something else; `reopens_models`: they
    are opened again when it changes.
    """

    name: str
    default: Value
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()
    per_library: bool = False
    reopens_models: bool = False
    option: Option | None = None
    page: Literal["", "place", "answers"] = ""

    def checked(self, value: object, path: Path, *, asked_for: bool = False) -> Value:
        """The value, as the type that it has. `asked_for`: instead of the default. Raises UserError, which names the
        file.
        """
        typed = self._typed(value, asked_for)
        if typed is None:
            raise UserError(
                say("setting-wrong", name=self.name, path=str(path), value=repr(value), allowed=self.allowed),
                say("setting-correct-it"),
            )
        return typed

    def parsed(self, text: str) -> Value | None:
        """What somebody asks for in writing; None where it cannot be that."""
        try:
            return self._typed(type(self.default)(text), asked_for=True)
        except ValueError:
            return None

    @property
    def allowed(self) -> Message:
        """What its value can be, in words."""
        if isinstance(self.default, str):
            return say("setting-one-of", choices=", ".join(self.choices)) if self.choices else say("setting-text")
        if isinstance(self.default, int):
            return say("setting-whole-number", least=self.least, most=self.most)
        return say("setting-number", least=self.least, most=self.most)

    def _typed(self, value: Any, asked_for: bool) -> Value | None:
        if isinstance(self.default, str):
            holds = isinstance(value, str) and value in (self.choices or (value,))
        else:
            numbers = (int, float) if isinstance(self.default, float) else int
            holds = isinstance(value, numbers) and not isinstance(value, bool) and self.least <= value <= self.most
        left = value == self.default and type(value) is type(self.default) and not asked_for
        return type(self.default)(value) if holds or left else None


def setting(default: Value, **facts: Any) -> Any:
    """Declares a row where a dataclass declares its field, whose name and default it has. `facts` are the row's."""
    return field(default=default, metadata={_ROW: Setting("", default, **facts)})


@dataclass(frozen=True, slots=True)
class Settings:
    """0 takes what suits the device that does the work, or the model: `engine.suited` decides. Empty texts take what is
    installed first.
    """

    # The length of a passage; left to Alcove, a library keeps the one that it was made with.
    chunk_tokens: int = setting(0, least=1, most=8192, per_library=True)
    candidate_k: int = setting(50, least=1, most=10_000)
    # Passages that are kept for a question.
    top_k: int = setting(
        0,
        least=1,
        most=1000,
        per_library=True,
        option=Option("--top-k", "N", "passages to keep", "search"),
        page="answers",
    )
    rrf_k: int = setting(60, least=1, most=10_000)
    relevance_threshold: float = setting(
        0.5,
        most=1,
        per_library=True,
        option=Option("--threshold", "P", "least relevance for an answer, 0 to 1", "answer"),
        page="answers",
    )
    # The longest answer, and what a prompt may hold of the passages.
    max_new_tokens: int = setting(
        0, least=1, most=32_768, option=Option("--max-new-tokens", "N", "longest answer", "answer"), page="answers"
    )
    evidence_tokens: int = setting(0, least=1, most=1024**2, page="answers")
    # Left to Alcove: as many as the machine has real cores.
    threads: int = setting(0, least=1, most=1024, reopens_models=True, page="place")
    # Which words mean a device, `runtime.devices` knows.
    execution_provider: str = setting(
        "auto",
        reopens_models=True,
        option=Option(
            "--execution-provider", "DEVICE", "auto, cpu or npu: where the models run (default: the settings)", "all"
        ),
        page="place",
    )
    # Ids of packs.
    embedder: str = setting("", reopens_models=True)
    reader: str = setting("", reopens_models=True)
    llm: str = setting("", reopens_models=True)
    parse_timeout_s: float = setting(120.0, least=1, most=86_400)
    parse_memory_bytes: int = setting(2048 * _MIB, least=256 * _MIB, most=1024**2 * _MIB, page="place")
    max_file_bytes: int = setting(512 * _MIB, least=1, most=1024**2 * _MIB)
    max_text_chars: int = setting(64 * _MIB, least=1, most=1024**2 * _MIB)

    @classmethod
    def rows(cls) -> tuple[Setting, ...]:
        """The table."""
        return tuple(replace(row.metadata[_ROW], name=row.name) for row in fields(cls))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `path`; a missing file gives the defaults. Raises UserError for a damaged file or a wrong value."""
        stored = read_object(path)
        known = [row for row in cls.rows() if stored.get(row.name) is not None]
        return cls().with_overrides(**{row.name: row.checked(stored[row.name], path) for row in known})

    @classmethod
    def in_use(cls, path: Path) -> Self:
        """As `load`, but a damaged file must not keep a person from their documents: then the defaults are used, and
        whoever loads them is told.
        """
        try:
            return cls.load(path)
        except UserError:
            return cls()

    def save(self, path: Path) -> None:
        """Write crash-safely. Raises UserError where that is not possible."""
        write_object(asdict(self), path)

    def with_overrides(self, **overrides: Any) -> Self:
        """A copy with every override that is not None."""
        return replace(self, **{name: value for name, value in overrides.items() if value is not None})


TABLE = Settings.rows()


@dataclass(frozen=True, slots=True)
class InEffect:
    """What settings of 0 come to, here and now. 0 where it is not known."""

    chunk_tokens: int = 0
    top_k: int = 0
    evidence_tokens: int = 0
    max_new_tokens: int = 0


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; empty where there is no file. Raises UserError for a damaged file."""
    if not path.exists():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8-sig"))  # Windows' editors put a mark before the text
    except (ValueError, OSError, RecursionError) as error:
        raise UserError(
            say("settings-unreadable", path=str(path), reason=str(error)), say("repair-or-delete-settings")
        ) from error
    if not isinstance(stored, dict):
        raise UserError(say("no-settings-in-file", path=str(path)), say("delete-settings"))
    return stored


def write_object(value: dict[str, Any], path: Path) -> None:
    """The reverse, crash-safely. Raises StorageFull, after which the old file stands."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(value, indent=2, ensure_ascii=False).encode())
    except OSError as error:
        raise StorageFull(
            say("settings-not-saved", path=str(path), reason=error.strerror or str(error)),
            say("check-folder-and-space"),
        ) from error
