"""From files to chunks: looking through folders, reading in child processes, cutting, drawing pages.

In: formats, limits, warnings about what could not be read. Not in: storing (`index`), and how a child process is kept
in check (`process`).
"""
