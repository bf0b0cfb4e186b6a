"""How fast this machine is, and how much energy it takes: `alcove bench`, device by device.

In: measuring, comparing, the meters. Not in: how good answers are (`evaluate`), and benchmarks that only developers run
(tests/benchmarks).
"""
