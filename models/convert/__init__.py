"""From weights to ONNX graphs, without PyTorch: encoders and decoders, and the files that weights come in.

In: networks as data, graphs written from them, quantising, reading weights back out of a pack. Not in: where weights
come from (`recipes`, `imports`).
"""
