"""What adding says while it is at work."""

from __future__ import annotations

from rag_core.progress import Progress
from rag_core.types import DocumentsSearchable, FileDone, FileReading, FilesQueued

AddStep = Progress | FilesQueued | FileReading | FileDone | DocumentsSearchable
