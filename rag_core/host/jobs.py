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
from typing import ClassVar, Literal, dataclass_transform

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


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Job:
    """Base of all jobs; each kind is a frozen dataclass."""

    lane: ClassVar[Lane] = "desk"
    priority: ClassVar[Priority] = Priority.CHANGE

    def __init_subclass__(cls, lane: Lane = "desk", priority: Priority = Priority.CHANGE) -> None:
        cls.lane, cls.priority = lane, priority
        dataclass(frozen=True)(cls)


class LibraryJob(Job):
    """A job on one library."""

    library: str


class ConversationJob(LibraryJob):
    """A job on the conversations of one library."""


# Work of the engine thread


class AskQuestion(LibraryJob, lane="engine", priority=Priority.QUESTION):
    """Streams `AskEvent`s; finishes with the `Answer`."""

    question: str
    history: tuple[ChatMessage, ...] = ()
    filters: Filters = field(default_factory=Filters)


class AddPaths(LibraryJob, lane="engine", priority=Priority.INDEXING):
    """Streams `Progress`, `FilesQueued`, `Document`, `DocumentsSearchable`; finishes with the `AddReport`.

    `retry` reads files again that failed; `reread` reads all of them again; `rebuild` makes every vector again. With
    no paths: only the vectors that are missing. What was removed stays out, unless it is one of the paths.
    """

    paths: tuple[Path, ...]
    retry: bool = False
    reread: bool = False
    rebuild: bool = False


class RemovePaths(LibraryJob, lane="engine"):
    """Finishes with the stored paths that were removed, as a tuple of str."""

    paths: tuple[Path, ...]


class RenameLibrary(LibraryJob, lane="engine"):
    """Finishes with the new `LibraryInfo`."""

    new_name: str


class DeleteLibrary(LibraryJob, lane="engine"):
    """Stops the library's other jobs, then deletes it with its conversations; finishes with None."""


class CheckStages(Job, lane="engine", priority=Priority.HOUSEKEEPING):
    """Runs each stage once for real. Streams `Progress` and the `InEffect` settings; finishes with a tuple of
    `StageCheck`.
    """


class RetryDevices(Job, lane="engine"):
    """Forgets which devices failed and opens the models anew; then as `CheckStages`."""


class ListDevices(Job, lane="engine", priority=Priority.HOUSEKEEPING):
    """Times a small graph on every device; finishes with a tuple of `DeviceInfo`, best first."""


class PreparePacks(Job, lane="engine", priority=Priority.HOUSEKEEPING):
    """Builds the default packs that are missing. Streams `Progress`; finishes with sentences on what could not be built
    and is done without: ().
    """


class CheckNpu(Job, lane="engine", priority=Priority.HOUSEKEEPING):
    """What is prepared for this machine's NPU; finishes with an `NpuState`."""


class PrepareNpu(Job, lane="engine", priority=Priority.BACKGROUND):
    """Prepares the models in use for this machine's NPU, in a process apart; what is ready stays when it is stopped.
    Streams `Progress`; finishes with the `NpuState` afterwards.
    """


class ImportPack(Job, lane="engine", priority=Priority.HOUSEKEEPING):
    """Streams `Progress`; finishes with None."""

    folder: Path


class VerifyPack(Job, lane="engine", priority=Priority.HOUSEKEEPING):
    """Compares every byte with the manifest; finishes with a `Check`."""

    pack_id: str


class SaveSettings(Job, lane="engine"):
    """Writes the settings; models are opened again where the new settings ask for it. Finishes with None."""

    settings: Settings


class SaveLibrarySettings(LibraryJob, lane="engine"):
    """What holds for one library alone, and its folders. `left_out` stays: adding and removing change it. Finishes with
    None.
    """

    settings: LibrarySettings


# Short reads and conversations: the desk


class ListLibraries(Job):
    """Finishes with a tuple of `LibraryInfo`, by name."""


class CreateLibrary(Job):
    """Finishes with its `LibraryInfo`."""

    name: str


class LoadLibrarySettings(LibraryJob):
    """Finishes with the `LibrarySettings`."""


class LoadSettings(Job):
    """Finishes with the `Settings`. Fails, in plain words, when the file is damaged."""


class ListPacks(Job):
    """Finishes with a tuple of `PackInfo`."""


class ListDocuments(LibraryJob):
    """Streams `DocumentsListed` in pieces; finishes with their number."""


class ListPages(LibraryJob):
    """Finishes with a tuple of `PageInfo`, in order."""

    document_id: str


class LoadPage(LibraryJob):
    """Finishes with the `Page`: text, blocks, and the box of every line."""

    document_id: str
    number: int


class RenderPage(Job):
    """A picture of a PDF page at `scale` pixels per point; finishes with a `PageImage`.

    Drawn in a child process with limits: a damaged PDF costs its picture and nothing else. Fails when the file is gone
    or is not the document any more.
    """

    path: Path
    document_id: str
    number: int
    scale: float


class FindInDocument(LibraryJob):
    """Case-insensitive; finishes with a tuple of `TextMatch` in reading order (at most 2,000)."""

    document_id: str
    text: str


class ListConversations(ConversationJob):
    """Finishes with a tuple of `Conversation`, the latest first; `query` looks in titles, questions and answers."""

    query: str = ""


class CreateConversation(ConversationJob):
    """Finishes with the new `Conversation`."""

    title: str


class RenameConversation(ConversationJob):
    """Finishes with None."""

    conversation_id: int
    title: str


class DeleteConversation(ConversationJob):
    """Finishes with None."""

    conversation_id: int


class LoadTurns(LibraryJob):
    """Streams `TurnsListed` in pieces, oldest first; finishes with their number."""

    conversation_id: int


class SaveTurn(ConversationJob):
    """Adds a turn (`turn_id` 0) or replaces the stored one; finishes with the turn as stored."""

    conversation_id: int
    turn: Turn


class DeleteTurns(ConversationJob):
    """Forgets `turn_id` and every later turn of its conversation (a question was edited); finishes with None."""

    conversation_id: int
    turn_id: int


class SetFeedback(ConversationJob):
    """Finishes with None."""

    turn_id: int
    feedback: Feedback


class ExportConversation(LibraryJob):
    """Writes Markdown or Word, by the ending of `target`; finishes with the path written."""

    conversation_id: int
    target: Path


class ProveSilence(Job):
    """Finishes with a `SilenceReport` about the engine process and its children."""
