"""Binary-coding quantization: W ≈ Σ αᵢ·Bᵢ, where every entry of Bᵢ is 1 or −1.

A greedy start (Rastegari et al., XNOR-Net, ECCV 2016; Guo et al., Network Sketching, CVPR 2017) is refined
by turns: the scales by least squares, the signs by the nearest of the 2^n_q levels (Xu et al., Alternating Multi-bit
Quantization, ICLR 2018).
"""

import numpy as np

from xoropt.common.arguments import check_choice, check_int
from xoropt.common.errors import ArgumentError
from xoropt.common.foreign_arrays import plain_array
from xoropt.quantize.levels import MAX_PLANES, Scales, level_table
from xoropt.quantize.quantized_tensor import QuantizedTensor

__all__ = ["binary_code"]


def binary_code(
    weights: np.ndarray, mask: np.ndarray, planes: int, *, scales: str = "tensor", rounds: int = 20
) -> QuantizedTensor:
    """Quantize the kept weights to `planes` binary planes.

    Args:
        weights: any shape, of a real floating-point dtype.
        mask: bool, of the same shape; weights where it is False become zero.
        planes: their number n_q, 1 to 8.
        scales: "tensor": one scale α for each plane; "row": one for each plane and index of the first axis.
        rounds: the most refinements; it stops earlier when no sign changes.

    Returns:
        The mask, the planes and `Scales`: float64 for float64 weights, else float32.

    Raises:
        ArgumentError: an argument is out of range, the dtype is not a floating-point one, or a kept weight is NaN or
            infinite.
    """
    check_int("planes", planes, 1, MAX_PLANES)
    check_choice("scales", scales, ("tensor", "row"))
    check_int("rounds", rounds, 0)
    weights, mask = plain_array("Argument 'weights'", weights), plain_array("Argument 'mask'", mask)
    if mask.shape != weights.shape or mask.dtype != bool:
        raise ArgumentError("Argument 'mask' must be a bool array of the shape of 'weights'.")
    if weights.dtype.kind in "biuc":
        raise ArgumentError(f"Argument 'weights' must be real floating-point numbers, not {weights.dtype}.")
    precision = np.float64 if weights.dtype == np.float64 else np.float32
    at = np.flatnonzero(mask)
    w = weights.reshape(-1)[at].astype(np.float64)
    if not np.isfinite(w).all():
        raise ArgumentError("Argument 'weights' holds NaN or infinity, which can't be quantized; replace them.")
    rows = weights.shape[0] if scales == "row" and weights.ndim else 1
    row = at // max(1, weights.size // max(1, rows))

    codes, alpha = _greedy_codes(w, planes, row, rows)
    if planes > 1:  # with one plane the greedy start is the optimum
        codes, alpha = (_refine_all if rows == 1 else _refine_rows)(w, codes, alpha, row, rounds)

    full = np.zeros(weights.size, dtype=np.uint8)
    full[at] = codes
    return QuantizedTensor(mask, full.reshape(weights.shape), Scales(alpha.astype(precision), weights.dtype))


def _greedy_codes(w: np.ndarray, planes: int, row: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Quantize plane by plane what the planes before leave.

    Returns:
        The code of each weight, uint8 (len(w),), bit i for plane i, and the scales, (planes, rows).
    """
    codes, alpha = np.zeros(len(w), dtype=np.uint8), np.empty((planes, rows))
    kept_in_row = np.maximum(np.bincount(row, minlength=rows), 1)
    residue = w.copy()
    for i in range(planes):
        positive = residue >= 0
        codes |= positive.view(np.uint8) << np.uint8(i)
        alpha[i] = np.bincount(row, np.abs(residue), minlength=rows) / kept_in_row
        scale = alpha[i, 0] if rows == 1 else alpha[i, row]
        residue -= np.where(positive, scale, -scale)
    return codes, alpha


def _refine_all(
    w: np.ndarray, codes: np.ndarray, alpha: np.ndarray, row: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Refine codes and scales by turns, where all weights share the scales.

    Each code is that of an interval of the sorted weights, so that a round looks up where the intervals begin, and
    takes the sums of their weights from running sums.
    """
    planes, ordered = len(alpha), np.sort(w)
    until = np.concatenate([[0.0], np.cumsum(ordered)])
    counts: np.ndarray = np.bincount(codes, minlength=1 << planes)
    sums: np.ndarray = np.bincount(codes, w, minlength=1 << planes)
    middles, order, before = np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for _ in range(rounds):
        alpha = _least_squares(counts[None], sums[None])
        middles, order = (array[0] for array in _intervals(alpha))
        bounds = np.concatenate([[0], np.searchsorted(ordered, middles, side="right"), [len(w)]])
        if np.array_equal(bounds, before):
            break
        before = bounds
        counts, sums = np.zeros(1 << planes), np.zeros(1 << planes)
        counts[order], sums[order] = np.diff(bounds), np.diff(until[bounds])
    if not rounds:
        return codes, alpha
    rank = np.zeros(len(w), dtype=np.uint8)
    for middle in middles.tolist():
        rank += w > middle
    return order.astype(np.uint8)[rank], alpha


def _refine_rows(
    w: np.ndarray, codes: np.ndarray, alpha: np.ndarray, row: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Refine codes and scales by turns, where each row has scales of its own."""
    planes, rows = alpha.shape
    for _ in range(rounds):
        group = (row << planes) | codes
        counts, sums = (
            np.bincount(group, values, minlength=rows << planes).reshape(rows, 1 << planes) for values in (None, w)
        )
        alpha = _least_squares(counts, sums)
        nearest = _nearest_codes(w, alpha, row)
        if np.array_equal(nearest, codes):
            break
        codes = nearest
    return codes, alpha


def _least_squares(counts: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Find the scales with the least squared error for fixed codes.

    Args:
        counts, sums: (rows, 2^planes), how many weights of each row have each code, and their sum.

    Returns:
        The scales, (planes, rows).
    """
    codes = counts.shape[1]
    planes = codes.bit_length() - 1
    signs = np.where(np.arange(codes) >> np.arange(planes)[:, None] & 1, 1.0, -1.0)  # (planes, codes)
    gram = np.einsum("ic,jc,rc->rij", signs, signs, counts)
    right = sums @ signs.T
    # A row of few weights may leave the system singular; the pseudo-inverse then takes the smallest scales.
    return (np.linalg.pinv(gram, hermitian=True) @ right[:, :, None])[:, :, 0].T


def _intervals(alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find what is nearest to each level: the middles between levels in ascending order, and the codes in that order.

    Returns:
        (rows, 2^planes − 1) and int64 (rows, 2^planes).
    """
    table = level_table(Scales(alpha, np.dtype(np.float64)), len(alpha))
    order = np.argsort(table, axis=1, kind="stable")
    levels = np.take_along_axis(table, order, axis=1)
    return (levels[:, 1:] + levels[:, :-1]) / 2, order


def _nearest_codes(w: np.ndarray, alpha: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Find the code of the level of its row that is nearest to each weight, uint8 (len(w),)."""
    middles, order = _intervals(alpha)
    rank = np.zeros(len(w), dtype=np.uint8)
    for middle in middles.T:
        rank += w > middle[row]
    return order.astype(np.uint8)[row, rank]
