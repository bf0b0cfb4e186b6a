"""The engine as a process of its own: jobs go in, frozen events come out, over a local pipe.

A fault in an accelerator's driver ends the process that it runs in; the window must not be that process.
"""
