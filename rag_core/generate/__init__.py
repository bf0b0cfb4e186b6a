"""A language model at work: a conversation goes in, text streams out, one text at a time.

In: chat templates, decoding token by token on onnxruntime-genai or on graphs of fixed shapes, sampling. Not in: what is
asked of the model and whether what it says is true (`answer`).
"""
