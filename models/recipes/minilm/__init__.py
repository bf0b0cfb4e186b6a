"""The default embedder, all-MiniLM-L6-v2, as ONNX graphs written without PyTorch."""
