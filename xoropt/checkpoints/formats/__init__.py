"""Formats of other libraries, by name: how weights are found in a checkpoint, unpacked and packed again."""

from xoropt.checkpoints.formats.contract import Format, Packed

__all__ = ["FORMATS", "Format", "Packed"]

FORMATS: dict[str, Format] = {}
"""By name, in the order in which they are tried."""
