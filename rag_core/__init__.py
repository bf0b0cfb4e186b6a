"""Alcove's core: reads documents, finds passages, answers with citations. Usable without a display."""

__version__ = "0.1.0"
