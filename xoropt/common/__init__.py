"""Argument checks, errors, dtypes, files and packed words: what every other package may use."""
