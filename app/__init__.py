"""The window. PySide6 is imported here and nowhere else; it speaks to the engine through `rag_core.engine` alone."""
