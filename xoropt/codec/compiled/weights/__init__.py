"""From packed planes to weights, compiled: mask and levels applied to a tile while it is in the cache."""
