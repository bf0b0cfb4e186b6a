"""The documents of a library: their table, the folders that are followed, and adding, reading again and removing. Which
library that is, libraries decides.
"""
