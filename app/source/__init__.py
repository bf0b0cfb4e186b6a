"""The document beside an answer: its pages as pictures, text or tables, with the proof marked, and finding in it."""
