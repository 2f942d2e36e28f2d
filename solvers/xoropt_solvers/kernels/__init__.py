"""Compiled loops over flat arrays. Each module imports numba: import them where they are used, never at the top."""
