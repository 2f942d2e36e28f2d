"""The form of stored numbers: how their bits are split into a coded field and a raw one.

The bits of a number are first rearranged to its *image*, an unsigned number of the same size, whose upper bits are the
skewed ones: a float's sign moves behind its magnitude, and low bits that are 0 in every number are left out. The lower
`raw_bits` of an image are the raw field, nearly uniform; the others are the coded one.
"""

from dataclasses import dataclass

import numpy as np

from xoropt.common.errors import DecodeError

__all__ = ["MAX_RAW_BITS", "NumberForm", "check_form", "has_sign_bit", "is_signed_integer"]

MAX_RAW_BITS = 63
"""The most bits of a raw field: one bit of a number at least is coded."""

NO_SIGN = ("float8_e8m0fnu",)
"""Names of floats without a sign."""


def has_sign_bit(dtype: np.dtype) -> bool:
    """Return whether a dtype's numbers are a sign and a magnitude."""
    return dtype.kind == "f" or (dtype.kind == "V" and "float" in dtype.name and dtype.name not in NO_SIGN)


def is_signed_integer(dtype: np.dtype) -> bool:
    """Return whether a dtype's numbers are integers in two's complement."""
    return dtype.kind == "i"


@dataclass(frozen=True)
class NumberForm:
    """The form of a tensor's numbers.

    Attributes:
        dtype: of the weights.
        raw_bits: R, the bits of the raw field.
        zeros: low bits that are 0 in every number.
        sign_last: whether the sign becomes the lowest bit of an image.
    """

    dtype: np.dtype
    raw_bits: int = 0
    zeros: int = 0
    sign_last: bool = False

    @property
    def pattern(self) -> np.dtype:
        """The unsigned integers of the dtype's size."""
        return np.dtype(f"u{self.dtype.itemsize}")

    @property
    def bits(self) -> int:
        """The bits of a number."""
        return 8 * self.dtype.itemsize

    def images(self, patterns: np.ndarray) -> np.ndarray:
        """Return the images of numbers.

        Args:
            patterns: their bits, unsigned integers of the dtype's size.

        Returns:
            Unsigned integers of the same size. Those of signed integers keep the sign in all bits that `zeros` frees.
        """
        kind = self.pattern.type
        if self.sign_last:
            magnitude = (patterns & kind((1 << self.bits - 1) - 1)) >> kind(self.zeros)
            return magnitude << kind(1) | patterns >> kind(self.bits - 1)
        if is_signed_integer(self.dtype):
            return (patterns.view(f"i{self.dtype.itemsize}") >> self.zeros).view(self.pattern)
        return patterns >> kind(self.zeros)

    def numbers(self, images: np.ndarray) -> np.ndarray:
        """Return the numbers, as unsigned integers, that have these images: the inverse of `images`."""
        kind = self.pattern.type
        if self.sign_last:
            return images >> kind(1) << kind(self.zeros) | images << kind(self.bits - 1)
        return images << kind(self.zeros)


def check_form(form: NumberForm) -> None:
    """Check that the parts of a form fit its dtype.

    Raises:
        DecodeError: they do not.
    """
    image_bits = form.bits - form.zeros
    if form.raw_bits < 0 or form.zeros < 0 or form.raw_bits >= image_bits:
        raise DecodeError(f"its fields do not add up to the {form.bits} bits of {form.dtype}")
    if form.sign_last and (not has_sign_bit(form.dtype) or image_bits < 2):
        raise DecodeError(f"a number of the dtype {form.dtype} has no sign bit to move")
