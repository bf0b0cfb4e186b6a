"""A folder that a person brings becomes a pack: an encoder, a language model, a compiled pipeline.

In: telling what a folder holds, whether it can be used, and proving it. Not in: default packs (`recipes`).
"""
