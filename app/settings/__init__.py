"""The settings dialog, made from the declared table (`rag_core.settings`), and the installed models. What the window
remembers by itself is stored by the shell.
"""
