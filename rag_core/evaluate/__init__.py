"""How good answers are, by a person's own questions: `alcove eval`.

In: questions from a file, metrics, the report. Not in: speed and energy (`bench`).
"""
