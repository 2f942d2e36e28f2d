"""Compiled decoding of rows of any number of lanes."""
