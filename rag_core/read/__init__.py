"""Reading passages closely: does one answer the question, with which words, and does it support a sentence?"""
