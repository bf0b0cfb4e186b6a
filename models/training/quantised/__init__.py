"""Tried, not used: weights in 4 and 8 bits, activations in 16-bit integers, in graphs of fixed shapes for an NPU."""
