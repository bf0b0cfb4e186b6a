"""Text as such: words, sentences, search tokens, language. It knows no document, no question and no model."""
