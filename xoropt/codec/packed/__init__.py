"""Packed values: the bits of the kept weights, one after another, without a network."""
