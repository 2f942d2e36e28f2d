"""Packed bits in compiled code: single words and numbers of arrays, and runs of bits."""
