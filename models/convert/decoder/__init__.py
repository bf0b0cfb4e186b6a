"""Decoder-only transformers as data: the network's description, its weights, and the graphs written from them."""
