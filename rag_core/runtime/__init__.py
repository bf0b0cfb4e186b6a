"""ONNX Runtime, and nothing about text: packs, devices, sessions, and where each stage's model runs.

In: everything that knows execution providers, files of a pack, failures of a device. Not in: what a graph's numbers
mean (`embed`, `read`, `generate`), and the making of packs (models/).
"""
