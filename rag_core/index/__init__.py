"""The library: SQLite is the truth, FTS5 and FAISS find chunks in it.

`Store` reads and writes one library, and answers the searches that retrieval asks.
"""
