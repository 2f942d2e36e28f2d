"""Formats of other libraries: how their tensors are found, unpacked to what the coder stores best, and made again."""

from xoropt.checkpoints.formats.contract import Format, Packed
from xoropt.checkpoints.formats.registry import FORMATS, find_packed

__all__ = ["FORMATS", "Format", "Packed", "find_packed"]
