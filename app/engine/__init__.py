"""The window's side of the engine's process: jobs and their handles, what controllers and features have in common, and
the watch over the network. Nothing that is seen.
"""
