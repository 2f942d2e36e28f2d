"""Encoding with windowed networks: banded linear systems over GF(2), and patches where they have no solution."""
