"""Products with compressed tensors: what may be multiplied, and by which way."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xoropt.codec import Encoding
from xoropt.codec.decoder import check_jobs
from xoropt.codec.products import plane_products
from xoropt.common.arguments import check_choice
from xoropt.common.errors import ArgumentError
from xoropt.common.foreign_arrays import to_numpy
from xoropt.linear.few_levels import add_few_levels, multiply_few_levels, suits_few_levels
from xoropt.linear.tiles import add_tiles, multiply_tiles
from xoropt.model.tensors import CompressedTensor, UncompressedTensor, shape_and_dtype

__all__ = ["CACHES", "matvec", "rmatvec"]

CACHES = ("none", "mask", "bits")
"""What calls keep of a tensor, as long as it lives: nothing, the mask's bits, or those of the planes, too."""

Tensor = CompressedTensor | UncompressedTensor


@dataclass(frozen=True)
class _Operands:
    """A matrix and vectors that fit it.

    Attributes:
        rows, columns: of the matrix.
        x: (length, vectors), float32 or float64, whichever the result is.
        flat: whether x came without the second axis.
        finite: whether all of x is finite.
    """

    rows: int
    columns: int
    x: np.ndarray = field(repr=False)
    flat: bool
    finite: bool


def matvec(
    tensor: CompressedTensor | UncompressedTensor | Encoding,
    x: Any,
    *,
    mask: np.ndarray | None = None,
    decoder: str = "auto",
    jobs: int | None = None,
    cache: str = "none",
) -> np.ndarray:
    """Multiply a compressed matrix by vectors, y = W·x, straight from the planes: a band of rows at a time.

    Args:
        tensor: of at least one axis, taken as a matrix of its first axis by all others; or an encoding, whose planes
            are such matrices of zeros and ones.
        x: real numbers, (columns,), or (columns, k) for k vectors at once; an array, or a tensor of torch. NaN and
            infinity go into the sums as in a dense product, also where a weight is pruned.
        mask: for an encoding alone: bool of the shape of a plane, the bits that count, as those that are no care bits
            may be anything; None: all.
        decoder: as for `xoropt.decode`.
        jobs: threads, as for `xoropt.decode`.
        cache: "mask": keep the mask's bits for the next call, as long as the tensor lives, an eighth of a byte for each
            weight; "bits": those of the planes, too, as much again for each plane; "none": keep nothing. Only weights
            of at most 64 levels are multiplied from bits, others keep nothing.

    Returns:
        (rows,) or (rows, k): float64 where the weights or x are float64 or integers of 4 or 8 bytes, otherwise float32.
        Each sum differs from the exact one by at most n·u·Σ|w·x|, n the columns and u half the distance from 1 to the
        next number of that dtype, to first order in u; the last bits depend on the processor, the number of vectors and
        the BLAS. For an encoding with an axis of planes (planes, rows) or (planes, rows, k).

    Raises:
        ArgumentError: x does not fit the tensor, there is a mask beside a tensor, the weights are complex, there is no
            such decoder or cache, or jobs is below 1.
        DecodeError: the tensor's parts do not fit together.
    """
    check_jobs(jobs)
    check_choice("cache", cache, CACHES)
    if not isinstance(tensor, CompressedTensor | UncompressedTensor):
        if not hasattr(tensor, "check_parts"):
            raise ArgumentError(f"Argument 'tensor' must be a tensor of a model or an encoding, not {tensor!r:.80}.")
        return plane_products(tensor, x, mask, decoder, jobs)
    if mask is not None:
        raise ArgumentError("Argument 'mask' goes with an encoding; a tensor of a model has its own.")
    given = _operands(tensor, x, "columns")
    y = np.empty((given.rows, given.x.shape[1]), dtype=given.x.dtype)
    if _from_bits(tensor, given, decoder):
        multiply_few_levels(tensor, given.x, y, jobs, cache)  # type: ignore[arg-type]
    else:
        multiply_tiles(tensor, *_one_axis(given, y), decoder, jobs)
    return y[:, 0] if given.flat else y


def rmatvec(
    tensor: CompressedTensor | UncompressedTensor,
    x: Any,
    *,
    decoder: str = "auto",
    jobs: int | None = None,
    cache: str = "none",
) -> np.ndarray:
    """Multiply a compressed matrix from the other side, y = Wᵀ·x, that is x·W, a band of rows at a time.

    Args:
        tensor: of at least one axis, taken as a matrix of its first axis by all others.
        x: real numbers, (rows,), or (rows, k) for k vectors at once; otherwise as for `matvec`.
        decoder, jobs, cache: as for `matvec`.

    Returns:
        (columns,) or (columns, k), as `matvec` returns it.

    Raises:
        ArgumentError, DecodeError: as `matvec` does.
    """
    check_jobs(jobs)
    check_choice("cache", cache, CACHES)
    if not isinstance(tensor, CompressedTensor | UncompressedTensor):
        raise ArgumentError(f"Argument 'tensor' must be a tensor of a model, not {tensor!r:.80}.")
    given = _operands(tensor, x, "rows")
    y = np.empty((given.columns, given.x.shape[1]), dtype=given.x.dtype)
    if _from_bits(tensor, given, decoder):
        add_few_levels(tensor, given.x, y, jobs, cache)  # type: ignore[arg-type]
    else:
        add_tiles(tensor, *_one_axis(given, y), decoder, jobs)
    return y[:, 0] if given.flat else y


def _one_axis(given: _Operands, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y without their second axis, where x came without: the BLAS is faster so."""
    return (given.x[:, 0], y[:, 0]) if given.flat else (given.x, y)


def _operands(tensor: Tensor, x: Any, side: str) -> _Operands:
    """Check the vectors against the axis `side`, "rows" or "columns", of a tensor."""
    shape, dtype = shape_and_dtype(tensor)
    try:
        x = np.asarray(to_numpy(x))
    except ValueError:  # lists of unlike lengths
        x = np.empty((), dtype=object)
    real = x.dtype.kind in "biufV" and not x.dtype.name.startswith("void")
    if not shape or dtype.kind == "c" or not real or x.ndim not in (1, 2):
        raise ArgumentError("Argument 'x' must be real numbers of one or two axes, for a matrix of real numbers.")
    rows, columns = shape[0], int(np.prod(shape[1:], dtype=np.int64))
    length = rows if side == "rows" else columns
    if len(x) != length:
        raise ArgumentError(f"Argument 'x' must have {length} rows for a tensor of shape {shape}, not {len(x)}.")
    double = any(one == np.float64 or (one.kind in "iu" and one.itemsize > 2) for one in (dtype, x.dtype))
    flat = x.ndim == 1
    x = (x[:, None] if flat else x).astype(np.float64 if double else np.float32, copy=False)
    return _Operands(rows, columns, x, flat, bool(np.isfinite(x).all()))


def _from_bits(tensor: Tensor, given: _Operands, decoder: str) -> bool:
    """Choose whether to multiply from the bits, which is faster wherever it is possible."""
    possible = given.x.dtype == np.float32 and given.finite and given.x.size and given.rows and given.columns
    return bool(possible) and isinstance(tensor, CompressedTensor) and suits_few_levels(tensor, decoder)
