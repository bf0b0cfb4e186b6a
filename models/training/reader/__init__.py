"""Training the reader: questions, hard negatives, claims, the run itself, and what is fitted to it afterwards."""
