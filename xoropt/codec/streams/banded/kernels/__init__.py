"""Compiled loops of the windowed encoders."""
