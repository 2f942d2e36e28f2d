"""Compiled decoding of rows of 512 lanes, one machine vector each."""
