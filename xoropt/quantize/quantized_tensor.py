"""Quantized tensors: a mask, bit planes, and what the bits of a kept weight mean."""

from dataclasses import dataclass, field

import numpy as np

from xoropt.common.dtypes import name_of
from xoropt.common.errors import DecodeError

__all__ = [
    "MAX_PLANES",
    "Codebook",
    "Levels",
    "QuantizedTensor",
    "Scales",
    "check_levels",
    "dequantize",
    "level_table",
    "value_entropy",
]

MAX_PLANES = 8
"""The most planes that a tensor may have: codes are bytes."""

CHUNK = 1 << 22
"""Weights handled at once: bounds the memory beside the result."""


@dataclass(frozen=True, eq=False)
class Scales:
    """Scales of binary coding: a kept weight is Σ αᵢ·(2bᵢ − 1) over the planes i.

    Attributes:
        alpha: the scales α, (planes, rows), float32 or float64; one row for the whole tensor, or one for each index of
            its first axis.
        dtype: the dtype of the weights.
    """

    alpha: np.ndarray = field(repr=False)
    dtype: np.dtype

    @property
    def nbytes(self) -> int:
        """Stored bytes."""
        return self.alpha.nbytes


@dataclass(frozen=True, eq=False)
class Codebook:
    """The values of a tensor: a kept weight is values[Σ bᵢ·2ⁱ] over the planes i.

    Attributes:
        values: (at most 2^planes,), of the dtype of the weights.
    """

    values: np.ndarray = field(repr=False)

    @property
    def nbytes(self) -> int:
        """Stored bytes."""
        return self.values.nbytes

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the weights."""
        return self.values.dtype


Levels = Scales | Codebook


@dataclass(frozen=True, eq=False)
class QuantizedTensor:
    """A pruned and quantized tensor.

    Attributes:
        mask: bool, of the tensor's shape; False where the weight is zero.
        planes: bool (planes, *shape); where the mask is False any bit will do.
        levels: what the bits of a kept weight mean.
    """

    mask: np.ndarray = field(repr=False)
    planes: np.ndarray = field(repr=False)
    levels: Levels

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor."""
        return self.mask.shape


def check_levels(levels: Levels, planes: int, shape: tuple[int, ...]) -> None:
    """Check that levels fit a tensor.

    Args:
        levels: what to check.
        planes: the number of the tensor's planes.
        shape: the shape of the tensor.

    Raises:
        DecodeError: they do not fit.
        FormatError: their dtype is none that a tensor can have.
    """
    if planes > MAX_PLANES:
        raise DecodeError(f"it has {planes} planes; at most {MAX_PLANES} are allowed")
    name_of(levels.dtype)
    if isinstance(levels, Codebook):
        if levels.values.ndim != 1 or len(levels.values) > 1 << planes:
            raise DecodeError(f"its codebook does not fit {planes} planes")
        return
    alpha = levels.alpha
    if alpha.dtype not in (np.float32, np.float64) or alpha.ndim != 2 or len(alpha) != planes:
        raise DecodeError("its scales have the wrong shape or dtype")
    if levels.dtype.kind in "biuc":
        raise DecodeError(f"its scales can't make weights of the dtype {levels.dtype}")
    if alpha.shape[1] not in (1, *shape[:1]):
        raise DecodeError(f"its {alpha.shape[1]} rows of scales do not fit its shape")


def level_table(levels: Levels, planes: int) -> np.ndarray:
    """Tabulate the weight for every code: (rows, 2^planes), of the weights' dtype; codes without a value are zero."""
    if isinstance(levels, Codebook):
        table = np.zeros((1, 1 << planes), dtype=levels.dtype)
        table[0, : len(levels.values)] = levels.values
        return table
    codes = np.arange(1 << planes)
    table = np.zeros((levels.alpha.shape[1], 1 << planes), dtype=levels.alpha.dtype)
    with np.errstate(invalid="ignore", over="ignore"):  # the scales in a file may be any numbers
        for i, alpha in enumerate(levels.alpha):  # every decoder adds in this order: floating-point sums depend on it
            table += np.where(codes >> i & 1, alpha[:, None], -alpha[:, None])
        return table.astype(levels.dtype)


def value_entropy(tensor: QuantizedTensor) -> float:
    """Measure the empirical entropy of the kept weights' codes: the bits that an ideal entropy coder takes for each."""
    planes, size = len(tensor.planes), tensor.mask.size
    mask, bits = tensor.mask.reshape(-1), tensor.planes.reshape(planes, size)
    counts = np.zeros(1 << planes, dtype=np.int64)
    for first in range(0, size, CHUNK):
        at = first + np.flatnonzero(mask[first : first + CHUNK])
        counts += np.bincount(_codes(bits, at), minlength=1 << planes)
    share = counts[counts > 0] / max(1, counts.sum())
    return float(-(share * np.log2(share)).sum()) + 0.0


def _codes(bits: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the codes, int64, of the weights at the given positions."""
    code = np.zeros(len(at), dtype=np.int64)
    for i, plane in enumerate(bits):
        code |= plane[at].astype(np.int64) << i
    return code


def dequantize(tensor: QuantizedTensor) -> np.ndarray:
    """Return the weights that a quantized tensor stands for, of its shape and dtype; pruned ones are 0, not −0."""
    planes, size = len(tensor.planes), tensor.mask.size
    table = level_table(tensor.levels, planes)
    weights = np.zeros(size, dtype=table.dtype)
    mask = tensor.mask.reshape(-1)
    bits = tensor.planes.reshape(planes, size)
    for first in range(0, size, CHUNK):
        at = first + np.flatnonzero(mask[first : first + CHUNK])
        code = _codes(bits, at)
        weights[at] = table[at // (size // len(table)) if len(table) > 1 else 0, code]
    return weights.reshape(tensor.shape)
