"""What the engine process can be asked to do. Each job is frozen data; its docstring names the value it finishes with.

Two lanes. "engine": the one thread that owns the models and writes the libraries; jobs there are generators on a
priority queue (a question before indexing before housekeeping), and a question waits for one step of what is running.
"desk": short reads for the screen (lists, pages, conversations), on a thread of their own, so that the window can turn
a page while a thousand documents are embedded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import ClassVar, Literal

from rag_core.conversations.records import Feedback, Turn
from rag_core.library.records import LibrarySettings
from rag_core.settings import Settings
from rag_core.types import ChatMessage, Filters

Lane = Literal["engine", "desk"]


class Priority(IntEnum):
    """The smaller number runs first; a job gives way, between two of its steps, to one with a smaller number."""

    QUESTION = 0
    CHANGE = 1
    INDEXING = 2
    HOUSEKEEPING = 3
    BACKGROUND = 4  # minutes that nobody waits for


@dataclass(frozen=True, slots=True)
class Job:
    """Base of all jobs."""

    lane: ClassVar[Lane] = "desk"
    priority: ClassVar[Priority] = Priority.CHANGE


# Work of the engine thread


@dataclass(frozen=True, slots=True)
class AskQuestion(Job):
    """Streams `AskEvent`s; finishes with the `Answer`."""

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.QUESTION
    library: str
    question: str
    history: tuple[ChatMessage, ...] = ()
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class AddPaths(Job):
    """Streams `Progress`, `FilesQueued`, `FileDone`, `DocumentsSearchable`; finishes with the `AddReport`.

    `retry` reads files again that failed; `reread` reads all of them again; `rebuild` makes every vector again. With
    no paths: only the vectors that are missing. What was removed stays out, unless it is one of the paths.
    """

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.INDEXING
    library: str
    paths: tuple[Path, ...]
    retry: bool = False
    reread: bool = False
    rebuild: bool = False


@dataclass(frozen=True, slots=True)
class RemovePaths(Job):
    """Finishes with the stored paths that were removed, as a tuple of str."""

    lane: ClassVar[Lane] = "engine"
    library: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class RenameLibrary(Job):
    """Finishes with the new `LibraryInfo`."""

    lane: ClassVar[Lane] = "engine"
    library: str
    new_name: str


@dataclass(frozen=True, slots=True)
class DeleteLibrary(Job):
    """Stops the library's other jobs, then deletes it with its conversations; finishes with None."""

    lane: ClassVar[Lane] = "engine"
    library: str


@dataclass(frozen=True, slots=True)
class CheckStages(Job):
    """Runs each stage once for real. Streams `Progress` and the `InEffect` settings; finishes with a tuple of
    `StageCheck`.
    """

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.HOUSEKEEPING


@dataclass(frozen=True, slots=True)
class RetryDevices(Job):
    """Forgets which devices failed and opens the models anew; then as `CheckStages`."""

    lane: ClassVar[Lane] = "engine"


@dataclass(frozen=True, slots=True)
class ListDevices(Job):
    """Times a small graph on every device; finishes with a tuple of `DeviceInfo`, best first."""

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.HOUSEKEEPING


@dataclass(frozen=True, slots=True)
class CheckHealth(Job):
    """What `alcove doctor` says; finishes with a tuple of `Check`."""

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.HOUSEKEEPING
    library: str


@dataclass(frozen=True, slots=True)
class PreparePacks(Job):
    """Builds the default packs that are missing. Streams `Progress`; finishes with sentences on what could not be built
    and is done without: ().
    """

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.HOUSEKEEPING


@dataclass(frozen=True, slots=True)
class CheckNpu(Job):
    """What is prepared for this machine's NPU; finishes with an `NpuState`."""

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.HOUSEKEEPING


@dataclass(frozen=True, slots=True)
class PrepareNpu(Job):
    """Prepares the models in use for this machine's NPU, in a process apart; what is ready stays when it is stopped.
    Streams `Progress`; finishes with the `NpuState` afterwards.
    """

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.BACKGROUND


@dataclass(frozen=True, slots=True)
class ImportPack(Job):
    """Streams `Progress`; finishes with None."""

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.HOUSEKEEPING
    folder: Path


@dataclass(frozen=True, slots=True)
class VerifyPack(Job):
    """Compares every byte with the manifest; finishes with a `Check`."""

    lane: ClassVar[Lane] = "engine"
    priority: ClassVar[Priority] = Priority.HOUSEKEEPING
    pack_id: str


@dataclass(frozen=True, slots=True)
class SaveSettings(Job):
    """Writes the settings; models are opened again where the new settings ask for it. Finishes with None."""

    lane: ClassVar[Lane] = "engine"
    settings: Settings


@dataclass(frozen=True, slots=True)
class SaveLibrarySettings(Job):
    """What holds for one library alone, and its folders. `left_out` stays: adding and removing change it. Finishes with
    None.
    """

    lane: ClassVar[Lane] = "engine"
    library: str
    settings: LibrarySettings


# Short reads and conversations: the desk


@dataclass(frozen=True, slots=True)
class ListLibraries(Job):
    """Finishes with a tuple of `LibraryInfo`, by name."""


@dataclass(frozen=True, slots=True)
class CreateLibrary(Job):
    """Finishes with its `LibraryInfo`."""

    name: str


@dataclass(frozen=True, slots=True)
class LoadLibrarySettings(Job):
    """Finishes with the `LibrarySettings`."""

    library: str


@dataclass(frozen=True, slots=True)
class LoadSettings(Job):
    """Finishes with the `Settings`. Fails, in plain words, when the file is damaged."""


@dataclass(frozen=True, slots=True)
class ListPacks(Job):
    """Finishes with a tuple of `PackInfo`."""


@dataclass(frozen=True, slots=True)
class ListDocuments(Job):
    """Streams `DocumentsListed` in pieces; finishes with their number."""

    library: str


@dataclass(frozen=True, slots=True)
class ListPages(Job):
    """Finishes with a tuple of `PageInfo`, in order."""

    library: str
    document_id: str


@dataclass(frozen=True, slots=True)
class LoadPage(Job):
    """Finishes with the `Page`: text, blocks, and the box of every line."""

    library: str
    document_id: str
    number: int


@dataclass(frozen=True, slots=True)
class RenderPage(Job):
    """A picture of a PDF page at `scale` pixels per point; finishes with a `PageImage`.

    Drawn in a child process with limits: a damaged PDF costs its picture and nothing else. Fails when the file is gone
    or is not the document any more.
    """

    path: Path
    document_id: str
    number: int
    scale: float


@dataclass(frozen=True, slots=True)
class FindInDocument(Job):
    """Case-insensitive; finishes with a tuple of `TextMatch` in reading order (at most 2,000)."""

    library: str
    document_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ListConversations(Job):
    """Finishes with a tuple of `Conversation`, the latest first; `query` looks in titles, questions and answers."""

    library: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class CreateConversation(Job):
    """Finishes with the new `Conversation`."""

    library: str
    title: str


@dataclass(frozen=True, slots=True)
class RenameConversation(Job):
    """Finishes with None."""

    library: str
    conversation_id: int
    title: str


@dataclass(frozen=True, slots=True)
class DeleteConversation(Job):
    """Finishes with None."""

    library: str
    conversation_id: int


@dataclass(frozen=True, slots=True)
class LoadTurns(Job):
    """Streams `TurnsListed` in pieces, oldest first; finishes with their number."""

    library: str
    conversation_id: int


@dataclass(frozen=True, slots=True)
class SaveTurn(Job):
    """Adds a turn (`turn_id` 0) or replaces the stored one; finishes with the turn as stored."""

    library: str
    conversation_id: int
    turn: Turn


@dataclass(frozen=True, slots=True)
class DeleteTurns(Job):
    """Forgets `turn_id` and every later turn of its conversation (a question was edited); finishes with None."""

    library: str
    conversation_id: int
    turn_id: int


@dataclass(frozen=True, slots=True)
class SetFeedback(Job):
    """Finishes with None."""

    library: str
    turn_id: int
    feedback: Feedback


@dataclass(frozen=True, slots=True)
class ExportConversation(Job):
    """Writes Markdown or Word, by the ending of `target`; finishes with the path written."""

    library: str
    conversation_id: int
    target: Path


@dataclass(frozen=True, slots=True)
class ProveSilence(Job):
    """Finishes with a `SilenceReport` about the engine process and its children."""
