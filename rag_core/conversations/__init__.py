"""Conversations: questions and answers of one library, kept in a file of their own beside it."""
