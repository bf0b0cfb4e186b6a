"""The frame around the features: start and end, main window, preferences, and what crosses from one feature to another
(`wiring.py`). Nothing of what a feature does by itself.
"""
