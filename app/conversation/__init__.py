"""Asking, answers with their proofs, and the list of what was asked. Where a proof stands in its document, the source
shows.
"""
