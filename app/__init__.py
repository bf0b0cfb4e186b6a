"""The window, and all of PySide6. It runs no stage itself: what it wants done are jobs for the engine's process
(`rag_core.host.jobs`), and it shows the events and records that come back.
"""
