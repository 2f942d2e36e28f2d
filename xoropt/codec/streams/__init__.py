"""Windowed networks: the stream order, its segments, banded elimination and patches."""
