"""Packed values: the bits of the kept weights, one after another, without a network."""

from xoropt.codec.packed.encoding import PackedValues, pack_values, unpack_values

__all__ = ["PackedValues", "pack_values", "unpack_values"]
