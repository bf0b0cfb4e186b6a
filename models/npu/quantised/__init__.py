"""Weights in 4 and 8 bits, and activations in 16-bit integers, in graphs of fixed shapes for an NPU."""
