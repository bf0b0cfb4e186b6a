"""The reader: one cross-encoder that ranks passages, quotes the answer, and checks sentences. README.md tells how."""
