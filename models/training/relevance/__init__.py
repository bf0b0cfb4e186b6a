"""Recipe of the relevance calibration: from question sets to the few numbers in rag_core/answer/relevance.json."""
