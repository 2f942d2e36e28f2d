"""Compiled loops over packed vectors. Each module imports numba: import them where they are used, never at the top."""
