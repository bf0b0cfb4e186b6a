"""What an NPU needs besides: chips, graphs of fixed shapes, and contexts that were compiled from them.

In: describing, compiling, finding and running such graphs. Not in: writing them (models/npu, models/convert).
"""
