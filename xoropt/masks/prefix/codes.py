"""Which code the groups of every pair of classes have."""

import math
from dataclasses import dataclass

import numpy as np

from xoropt.masks.density_classes import Classes
from xoropt.masks.huffman import code_lengths, mean_lengths

__all__ = ["CODES", "EXTRA", "GROUPS", "Codes", "choose_codes", "group_lengths"]

GROUPS = (16, 15, 14, 13, 12, 11, 10, 9, 8)
"""Group sizes that are tried; the larger, the nearer to the entropy."""

EXTRA = 8
"""Outputs of a group beyond its size: L = G + EXTRA."""

CODES = 16
"""Codes at most."""

LIST_BITS = 300
"""What a list of kept weights takes beside its gaps, about: its number and its headers."""


@dataclass(frozen=True, eq=False)
class Codes:
    """The codes of a mask.

    Attributes:
        code_of: int64 (row classes, column classes), the number of every pair's code.
        densities: of the codes, in units of 1/65536, ascending.
        bits: what they and the groups take, about.
    """

    code_of: np.ndarray
    densities: np.ndarray
    bits: float


def choose_codes(classes: Classes, size: int, weights: int) -> Codes:
    """Codes for groups of `size` of a mask of so many weights in these classes.

    Densities are cut into at most `CODES` intervals of equal width on the logistic scale; each takes its mean, or 0
    where a list of the kept weights is shorter.
    """
    density = classes.counts / np.maximum(classes.sizes, 1)
    units = np.clip(density, 1 / 4096, 1 - 1 / 4096)
    logit = np.log(units / (1 - units))
    used = classes.sizes > 0
    low, high = logit[used].min(), logit[used].max()
    count = int(min(CODES, 1 + (high - low) / 0.15))
    number = np.clip((logit - low) / max(high - low, 1e-9) * count, 0, count - 1).astype(int)
    places, number = np.unique(np.where(used, number, number[used].min()), return_inverse=True)
    number = number.reshape(used.shape)
    ones, sizes = (np.bincount(number.ravel(), n.ravel(), len(places)) for n in (classes.counts, classes.sizes))
    means = np.array([_rounded(int(d), 6) for d in np.clip(np.rint(ones / sizes * 65536), 16, 65520)])
    coded = [sizes[k] / size * _mean_length(int(d), size) + 16 for k, d in enumerate(means)]
    listed = np.concatenate([[0], np.cumsum(ones)])
    bits = [  # a gap takes about lg(mean gap) + 1.6
        sum(coded[k:]) + (n * (np.log2(weights / max(n, 1)) + 1.6) + LIST_BITS if k else 0)
        for k, n in enumerate(listed)
    ]
    first = int(np.argmin(bits))
    densities = means[first:] if not first else np.concatenate([[0], means[first:]])
    code_of = number if not first else np.maximum(number - first + 1, 0)
    return Codes(code_of, densities, bits[first] + 8 * code_of.size)


def _mean_length(density: int, size: int) -> float:
    """Of the codewords of groups, about."""
    p = density / 65536
    chance = [math.comb(size, j) * p**j * (1 - p) ** (size - j) for j in range(size + 1)]
    return float(mean_lengths(_rounded(density, 4), size, size + EXTRA) @ chance)


def _rounded(density: int, bits: int) -> int:
    """A density to so many significant bits, of those that are pruned where these are fewer: masks share codes."""
    few = min(density, 65536 - density)
    shift = max(0, few.bit_length() - bits)
    few = few >> shift << shift | 1 << shift >> 1
    return few if density <= 32768 else 65536 - few


def group_lengths(density: int, size: int) -> np.ndarray:
    """The length of every group's codeword; 0 where they have none."""
    return code_lengths(density, size, size + EXTRA) if density else np.zeros(1 << size, dtype=np.int64)
