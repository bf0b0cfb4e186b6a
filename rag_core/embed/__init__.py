"""Texts to unit vectors, with the model of a pack.

In: prefixes, pooling, and the ways in which an encoder's graphs are run. Not in: which text is embedded when
(`engine`), where vectors are kept (`index`), on which device a model runs and what happens when that fails (`runtime`).
"""
