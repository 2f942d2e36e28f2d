"""The description of encodings in a file: an entry of its JSON description, and plain arrays by part."""

from typing import Any

import numpy as np

from xoropt.codec.blocks.encoding import BlockEncoded
from xoropt.codec.checks import check_fully, check_once
from xoropt.codec.encoding import Encoding
from xoropt.codec.packed.encoding import PackedValues
from xoropt.codec.packed.octets import PackedOctets
from xoropt.codec.stacked import StackedPlanes
from xoropt.codec.storing import restored, unpack
from xoropt.codec.streams.encoding import StreamEncoded

__all__ = ["ENCODINGS", "describe", "from_bytes", "restore"]

ENCODINGS: dict[str, type[Encoding]] = {
    "stacked": StackedPlanes,
    "octets": PackedOctets,
    "packed": PackedValues,
    "streams": StreamEncoded,
    "blocks": BlockEncoded,
}
"""The schemes by name, in the order in which `restore` asks whether an entry is theirs."""


def describe(encoded: Encoding) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Describe an encoding, after checking it.

    Returns:
        Its entry, and its arrays by part without the empty ones; `seeds` is always there.

    Raises:
        DecodeError: the parts do not fit together; such an encoding could be written but not read again.
    """
    check_once(encoded)
    entry, parts = encoded.describe()
    return entry, {part: array for part, array in parts.items() if array.nbytes or part == "seeds"}


def restore(entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Encoding:
    """Restore the encoding that `describe` described, and check everything that a decoder relies on.

    Args:
        entry: the entry.
        parts: the arrays by part.
        shape: of one plane.
        planes: how many planes the tensor has.

    Raises:
        FormatError, ArgumentError, DecodeError: the entry is not valid, or the parts do not fit it.
    """
    parts = {"patches": np.zeros(0, dtype=np.uint8)} | parts
    scheme = next(scheme for scheme in ENCODINGS.values() if scheme.describes(entry))
    encoded = scheme.restore(entry, parts, shape, planes)
    check_fully(encoded)
    return encoded


def from_bytes(data: bytes) -> Encoding:
    """Read what `to_bytes` of an encoding wrote, and check everything that a decoder relies on.

    Raises:
        FormatError, ArgumentError, DecodeError: the data are damaged, no encoding, or of a newer version.

    >>> import xoropt
    >>> encoded = xoropt.encode(np.array([True, False]), np.array([True, True]))
    >>> xoropt.decode(xoropt.from_bytes(encoded.to_bytes())).tolist()
    [True, False]
    """
    stored = unpack(data)
    scheme = next(scheme for scheme in ENCODINGS.values() if scheme.describes(stored[0]))
    encoded: Encoding = restored(scheme, stored)
    return encoded
