"""Libraries: a person's collections of documents, each in a folder of its own. `Library` is the one door to it.

What stands in its files, `index` and `conversations` know; what is done with it, the engine.
"""
