"""Encoders as data: the network of BERT, its weights, and the graphs written from them, the reader's heads included."""
