"""From a question to passages: dense and lexical candidates, fused, narrowed by filters, completed by neighbours."""
