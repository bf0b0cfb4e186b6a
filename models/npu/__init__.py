"""Preparing installed packs for the NPU: which graphs each chip gets, and the process that compiles them."""
