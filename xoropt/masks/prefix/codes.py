"""The choice of a code for the groups of every pair of classes."""

import math
from dataclasses import dataclass

import numpy as np

from xoropt.masks.density_classes import Classes
from xoropt.masks.huffman import code_lengths, mean_lengths

__all__ = ["EXTRA_OUTPUTS", "GROUP_SIZES", "MAX_CODES", "Codes", "choose_codes", "group_lengths"]

GROUP_SIZES = (16, 15, 14, 13, 12, 11, 10, 9, 8)
"""The sizes of groups that are tried. Larger groups come nearer to the entropy."""

EXTRA_OUTPUTS = 8
"""The outputs that a group has beyond its size: L = G + EXTRA_OUTPUTS."""

MAX_CODES = 16
"""The most codes of a mask."""

LIST_BITS = 300
"""An estimate of the bits that a list of kept weights takes beside its gaps: their number and its headers."""


@dataclass(frozen=True, eq=False)
class Codes:
    """The codes of a mask.

    Attributes:
        code_of_pair: int64 (row classes, column classes), the number of every pair's code.
        densities: of the codes, in units of 1/65536, ascending.
        bits: an estimate of the bits that the groups and the codes take.
    """

    code_of_pair: np.ndarray
    densities: np.ndarray
    bits: float


def choose_codes(classes: Classes, group_size: int, weights: int) -> Codes:
    """Choose the codes of a mask.

    The densities are cut into at most `MAX_CODES` intervals of equal width on the logistic scale. The code of an
    interval has their mean density, or 0 where a list of the kept weights is shorter.

    Args:
        classes: of the mask's rows and of its columns of groups.
        group_size: G.
        weights: of the mask.
    """
    density = classes.counts / np.maximum(classes.sizes, 1)
    units = np.clip(density, 1 / 4096, 1 - 1 / 4096)
    logit = np.log(units / (1 - units))
    used = classes.sizes > 0
    low, high = logit[used].min(), logit[used].max()
    count = int(min(MAX_CODES, 1 + (high - low) / 0.15))
    number = np.clip((logit - low) / max(high - low, 1e-9) * count, 0, count - 1).astype(int)
    intervals, number = np.unique(np.where(used, number, number[used].min()), return_inverse=True)
    number = number.reshape(used.shape)
    ones, sizes = (np.bincount(number.ravel(), n.ravel(), len(intervals)) for n in (classes.counts, classes.sizes))
    means = np.array([_round_density(int(d), 6) for d in np.clip(np.rint(ones / sizes * 65536), 16, 65520)])
    coded = [sizes[k] / group_size * _mean_length(int(d), group_size) + 16 for k, d in enumerate(means)]
    listed = np.concatenate([[0], np.cumsum(ones)])
    bits = [  # of the codes from number k on, and a list for the others: a gap takes lg(mean gap) + 1.6 bits or so
        sum(coded[k:]) + (n * (np.log2(weights / max(n, 1)) + 1.6) + LIST_BITS if k else 0)
        for k, n in enumerate(listed)
    ]
    first = int(np.argmin(bits))
    densities = means[first:] if not first else np.concatenate([[0], means[first:]])
    code_of_pair = number if not first else np.maximum(number - first + 1, 0)
    return Codes(code_of_pair, densities, bits[first] + 8 * code_of_pair.size)


def _mean_length(density: int, group_size: int) -> float:
    """Estimate the mean length of the codewords of independent groups."""
    p = density / 65536
    chance = [math.comb(group_size, j) * p**j * (1 - p) ** (group_size - j) for j in range(group_size + 1)]
    return float(mean_lengths(_round_density(density, 4), group_size, group_size + EXTRA_OUTPUTS) @ chance)


def _round_density(density: int, digits: int) -> int:
    """Round a density to so many binary digits, so that masks share codes.

    The digits are those of the pruned weights' density where these are fewer than the kept ones.
    """
    few = min(density, 65536 - density)
    shift = max(0, few.bit_length() - digits)
    few = few >> shift << shift | 1 << shift >> 1
    return few if density <= 32768 else 65536 - few


def group_lengths(density: int, group_size: int) -> np.ndarray:
    """Return the length of every group's codeword, int64; all 0 for the density 0, whose groups have none."""
    return (
        code_lengths(density, group_size, group_size + EXTRA_OUTPUTS)
        if density
        else np.zeros(1 << group_size, dtype=np.int64)
    )
