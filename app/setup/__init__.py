"""The start page: are the models there, getting them, and the sample documents. Not the models' later life, which is in
settings and status.
"""
