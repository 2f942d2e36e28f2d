"""Compiled loops of the encoders of windowed networks."""
