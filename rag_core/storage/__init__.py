"""SQLite files: opened with or without a key, brought up to date by numbered steps, locked, errors in plain words.

What is stored in them, `index` and `conversations` know.
"""
