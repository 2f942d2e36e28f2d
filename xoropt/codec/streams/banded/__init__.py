"""Encoding with a windowed network: a banded linear system over GF(2), and patches where it has no solution."""
