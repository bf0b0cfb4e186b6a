"""How packs are made: recipes, conversion, imports, preparation for an NPU, training. The program runs without it.

The core knows none of this: the entry points hand it over as `rag_core.pack_making.PackMaking`.
"""
