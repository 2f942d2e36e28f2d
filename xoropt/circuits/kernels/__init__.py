"""Compiled loops over packed vectors.

Each module imports numba, which takes a second: import it in the function that uses it, never at the top of a module.
"""
