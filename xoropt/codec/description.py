"""Encodings as what a file holds: an entry of its JSON description, and plain arrays by part."""

from typing import Any

import numpy as np

from xoropt.codec.blocks.encoding import BlockEncoded
from xoropt.codec.checks import check, checked
from xoropt.codec.encoding import Encoding
from xoropt.codec.packed.encoding import PackedValues
from xoropt.codec.streams.encoding import StreamEncoded

__all__ = ["ENCODINGS", "describe", "restore"]

ENCODINGS: dict[str, type[Encoding]] = {"packed": PackedValues, "streams": StreamEncoded, "blocks": BlockEncoded}
"""The schemes, in the order in which an entry is tried."""


def describe(encoded: Encoding) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Describe a checked encoding: its entry and its arrays by part, empty ones left out.

    Raises:
        DecodeError: the parts do not fit together; what could not be read is not written.
    """
    checked(encoded)
    entry, parts = encoded.describe()
    return entry, {part: array for part, array in parts.items() if array.nbytes or part == "seeds"}


def restore(entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Encoding:
    """Make the encoding of an entry and its parts; everything that a decoder relies on is checked here.

    Raises:
        FormatError, ArgumentError, DecodeError: the entry is not valid, or the parts do not fit it.
    """
    parts = {"patches": np.zeros(0, dtype=np.uint8)} | parts
    scheme = next(scheme for scheme in ENCODINGS.values() if scheme.describes(entry))
    encoded = scheme.restore(entry, parts, shape, planes)
    check(encoded)
    return encoded
