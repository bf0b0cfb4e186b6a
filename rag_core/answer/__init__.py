"""What is said and what it rests on, as text alone: the prompt, the sentences that answer, citations, checks.

In: whatever turns passages and sentences into an answer, its markers and its probability. Not in: running a language
model (`generate`), finding passages (`retrieve`), the order of the steps (`engine.asking`).
"""
