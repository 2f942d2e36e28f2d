"""n-of-m sparsity: every m consecutive weights keep exactly n, as in 2:4; what is stored is which n.

A group of m weights is stored as its rank among the C(m, n) groups that keep n: these are sorted by their bitmaps, read
as numbers with the first weight lowest. The ranks of g groups form one number to the base C(m, n), first group lowest,
in ⌈g·lg C(m, n)⌉ bits. g is chosen for the least waste: 2:4 takes 44 bits for 17 groups, which is 0.647 bits/weight
where the limit is 0.646.

The part `mask` is three bytes m, n and g, then the numbers as one bit stream.
"""

import math

import numpy as np

from xoropt.codec.bits import pack_fixed, unpack_fixed
from xoropt.common.errors import DecodeError
from xoropt.masks.mask_codec import MaskCodec, MaskPlan, Parts

__all__ = ["CODEC"]

SIZES = (2, 4, 8, 16)
"""The m that are tried."""


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan the stored part `mask`; None where the mask is not n-of-m for any m of `SIZES`."""
    fits = []
    for m in SIZES:
        if mask.ndim and mask.size and mask.shape[-1] % m == 0:
            counts = mask.reshape(-1, m).sum(axis=1)
            if (counts == counts[0]).all():
                fits.append((m, int(counts[0])))
    if not fits:
        return None
    m, n = min(fits, key=lambda fit: math.log2(math.comb(*fit)) / fit[0])
    choices = math.comb(m, n)
    per_number = _groups_per_number(choices)
    count = -(-(mask.size // m) // per_number)
    return MaskPlan(3 - (-count * _width(choices, per_number) // 8), lambda jobs, effort: _encode(mask, m, n))


def _encode(mask: np.ndarray, m: int, n: int) -> Parts:
    choices = math.comb(m, n)
    per_number = _groups_per_number(choices)
    ranks, _ = _ranks(m, n)
    bitmaps = np.packbits(mask.reshape(-1, m), axis=1, bitorder="little")
    numbers = bitmaps[:, 0].astype(np.int64)
    if m == 16:
        numbers |= bitmaps[:, 1].astype(np.int64) << 8
    padded = np.zeros(-(-len(numbers) // per_number) * per_number, dtype=np.int64)
    padded[: len(numbers)] = ranks[numbers]
    powers = np.array([choices**i for i in range(per_number)], dtype=np.uint64)
    packed = (padded.reshape(-1, per_number).astype(np.uint64) * powers).sum(axis=1, dtype=np.uint64)
    stream = pack_fixed(packed, _width(choices, per_number))
    return {"mask": np.concatenate([np.array([m, n, per_number], dtype=np.uint8), stream])}


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`."""
    data = parts.get("mask", np.zeros(0, np.uint8))
    m, n, per_number = data[:3].tolist() if len(data) >= 3 else (0, 0, 0)
    if m not in SIZES or n > m or size % m or per_number != _groups_per_number(math.comb(m, n)):
        raise DecodeError("the head of the n-of-m mask does not fit the shape")
    choices, groups = math.comb(m, n), size // m
    count, width = -(-groups // per_number), _width(choices, per_number)
    if len(data) != 3 + -(-count * width // 8):
        raise DecodeError("the n-of-m mask does not fit the shape")
    begin, end = first // (m * per_number), -(-stop // (m * per_number))  # numbers of the range
    packed = unpack_fixed(data[3:], width, begin, end - begin)
    ranks = np.empty((end - begin, per_number), dtype=np.int64)
    for i in range(per_number):
        ranks[:, i] = packed % np.uint64(choices)
        packed //= np.uint64(choices)
    if packed.any():
        raise DecodeError("the n-of-m mask holds a number that no group has")
    _, bitmaps = _ranks(m, n)
    flat = (bitmaps[ranks.reshape(-1)][:, None] >> np.arange(m) & 1).astype(bool).reshape(-1)
    return flat[first - begin * m * per_number :][: stop - first]


def _ranks(m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rank of every bitmap of m bits, 0 for those without n ones, and the bitmap of every rank."""
    numbers = np.arange(1 << m)
    bitmaps = numbers[np.bitwise_count(numbers) == n]
    ranks = np.zeros(1 << m, dtype=np.int64)
    ranks[bitmaps] = np.arange(len(bitmaps))
    return ranks, bitmaps


def _width(choices: int, per_number: int) -> int:
    """Return the bits of a number that holds the ranks of so many groups."""
    return (choices**per_number - 1).bit_length()


def _groups_per_number(choices: int) -> int:
    """Choose how many groups make one number of at most 63 bits, for the least waste."""
    most = max(1, min(24, int(63 / math.log2(choices)))) if choices > 1 else 24
    return min(range(1, most + 1), key=lambda g: _width(choices, g) / g)


CODEC = MaskCodec(plan, decode)
