"""One file format per module, behind the `Parser` protocol; `registry` chooses by content."""
