"""Bits of which few or most are set, as the codecs with structure store them: a bitmap, or a list of the fewer kind.

The first byte says which: 0 a bitmap, 1 the positions of the ones, 2 those of the zeros. A list is stored as the codec
`positions` does.
"""

import numpy as np

from xoropt.codec.streams.patches import rice_parameter
from xoropt.common.errors import DecodeError
from xoropt.masks.gap_coded import pack_positions, packed_bytes, unpack_positions

__all__ = ["flat_bytes", "least_flat_bytes", "pack_flat", "unpack_flat"]

BITMAP, ONES, ZEROS = range(3)

LIST_HEAD = 8
"""Bytes before the gaps of a list."""


def _form(bits: np.ndarray) -> tuple[int, np.ndarray | None, int]:
    """Choose the form that takes the fewest bytes.

    Returns:
        The form, the positions that it lists, and the bytes with the one that names the form.
    """
    ones = int(np.count_nonzero(bits))
    fewer, form = (ones, ONES) if 2 * ones <= bits.size else (bits.size - ones, ZEROS)
    plain = 1 - (-bits.size // 8)
    if 5 * fewer <= bits.size:  # beyond that a gap takes no less than the bits that it spans
        positions = np.flatnonzero(bits.reshape(-1) == (form == ONES))
        listed = 1 + packed_bytes(positions, bits.size)
        if listed < plain:
            return form, positions, listed
    return BITMAP, None, plain


def flat_bytes(bits: np.ndarray) -> int:
    """Count the bytes that `pack_flat` returns, without packing."""
    return _form(bits)[2]


def least_flat_bytes(size: int, ones: int) -> int:
    """Return a lower bound on what `pack_flat` returns for so many bits, of which so many are set.

    A gap takes its lower bits and one more at least.
    """
    fewer, plain = min(ones, size - ones), 1 - (-size // 8)
    return min(plain, 1 + LIST_HEAD - (-fewer * (rice_parameter(size, fewer) + 1) // 8) if fewer else 1 + LIST_HEAD)


def pack_flat(bits: np.ndarray) -> np.ndarray:
    """Pack bits, bool of any shape, in the form that takes the fewest bytes: uint8."""
    form, positions, _ = _form(bits)
    data = np.packbits(bits, bitorder="little") if positions is None else pack_positions(positions, bits.size)
    return np.concatenate([np.array([form], dtype=np.uint8), data])


def unpack_flat(data: np.ndarray, size: int, first: int, stop: int) -> np.ndarray:
    """Unpack bits first … stop − 1 of `size` bits that `pack_flat` packed: bool.

    Raises:
        DecodeError: the data do not fit the number of bits.
    """
    form = int(data[0]) if len(data) else -1
    if form == BITMAP:
        if len(data) != 1 - (-size // 8):
            raise DecodeError("the stored mask does not fit the shape")
        octets = data[1 + first // 8 : 1 - (-stop // 8)]
        return np.unpackbits(octets, bitorder="little")[first % 8 :][: stop - first].view(bool)
    if form not in (ONES, ZEROS):
        raise DecodeError("the stored mask has an unknown form")
    bits = np.full(stop - first, form == ZEROS)
    bits[unpack_positions(data[1:], size, first, stop) - first] = form == ONES
    return bits
