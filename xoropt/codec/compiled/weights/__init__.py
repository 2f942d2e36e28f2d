"""Compiled loops from packed planes to weights: mask and levels are applied to a tile while it is in the cache."""
