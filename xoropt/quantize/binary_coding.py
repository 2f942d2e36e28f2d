"""Binary-coding quantization: W ≈ Σ αᵢ·Bᵢ, where every entry of Bᵢ is 1 or −1.

A greedy start (Rastegari et al., XNOR-Net, ECCV 2016; Guo et al., Network Sketching, CVPR 2017) is refined
by turns: the scales by least squares, the signs by the nearest of the 2^n_q levels (Xu et al., Alternating Multi-bit
Quantization, ICLR 2018).
"""

import numpy as np

from xoropt.common.arguments import check_choice, check_int
from xoropt.common.errors import ArgumentError
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

    bits = np.empty((planes, len(w)), dtype=bool)
    alpha = np.empty((planes, rows))
    kept_in_row = np.maximum(np.bincount(row, minlength=rows), 1)
    residue = w.copy()
    for i in range(planes):
        bits[i] = residue >= 0
        alpha[i] = np.bincount(row, np.abs(residue), minlength=rows) / kept_in_row
        residue -= np.where(bits[i], alpha[i, row], -alpha[i, row])
    for _ in range(rounds if planes > 1 else 0):  # with one plane the greedy start is the optimum
        alpha = _least_squares(w, bits, row, rows)
        nearest = _nearest_codes(w, alpha, row)
        if (nearest == bits).all():
            break
        bits = nearest

    codes = np.zeros(weights.size, dtype=np.uint8)
    codes[at] = np.packbits(bits, axis=0, bitorder="little")[0]
    return QuantizedTensor(mask, codes.reshape(weights.shape), Scales(alpha.astype(precision), weights.dtype))


def _least_squares(w: np.ndarray, bits: np.ndarray, row: np.ndarray, rows: int) -> np.ndarray:
    """Find the scales (planes, rows) with the least squared error for fixed signs."""
    planes = len(bits)
    signs = np.where(bits, 1.0, -1.0)
    gram = np.empty((rows, planes, planes))
    right = np.empty((rows, planes))
    for i in range(planes):
        right[:, i] = np.bincount(row, signs[i] * w, minlength=rows)
        for j in range(i + 1):
            gram[:, i, j] = gram[:, j, i] = np.bincount(row, signs[i] * signs[j], minlength=rows)
    # A row of few weights may leave the system singular; the pseudo-inverse then takes the smallest scales.
    return (np.linalg.pinv(gram, hermitian=True) @ right[:, :, None])[:, :, 0].T


def _nearest_codes(w: np.ndarray, alpha: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Find the signs, bool (planes, len(w)), whose level is nearest to each weight."""
    planes, rows = alpha.shape
    table = level_table(Scales(alpha, np.dtype(np.float64)), planes)
    order = np.argsort(table, axis=1, kind="stable")
    levels = np.take_along_axis(table, order, axis=1)
    middles = (levels[:, 1:] + levels[:, :-1]) / 2
    if rows == 1:
        rank = np.searchsorted(middles[0], w)
    else:
        rank = np.zeros(len(w), dtype=np.int64)
        for middle in middles.T:
            rank += w > middle[row]
    code = order[row, rank]
    return np.stack([(code >> i & 1).astype(bool) for i in range(planes)])
