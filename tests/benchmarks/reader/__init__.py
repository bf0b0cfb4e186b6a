"""What the reader is worth, on data that it was not trained on. Apart from `models/reader`, which trains it."""
