"""Compiled decoding of rows of 512 lanes: each row is one machine vector."""
