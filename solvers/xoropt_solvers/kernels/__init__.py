"""Compiled loops over flat arrays. Each module imports numba, so that callers import it on use, never at the top."""
