"""n-of-m sparsity: every m neighbouring weights keep exactly n, as in 2:4; what is stored is which n.

A group of m weights is stored as its rank among the C(m, n) groups that keep n: these are sorted by their bitmaps, read
as numbers with the first weight lowest. The ranks of g groups form one number to the base C(m, n), first group lowest,
in ⌈g·lg C(m, n)⌉ bits. g is chosen for the least waste: 2:4 takes 44 bits for 17 groups, which is 0.647 bits/weight
where the limit is 0.646.

The part `mask` is three bytes m, n and g, then the numbers as one bit stream; a group is m weights in a row. Where it
is not, a byte 0 comes before these three, and behind them the distance d of a group's weights, 1 to 2^20, as a
little-endian uint32: the weights are taken as rows of m·d, and group i of a row is its weights i, i + d, i + 2·d and so
on. So groups lie along any axis: d is the product of the sides of all axes behind it.
"""

import math
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from xoropt.codec.bits import pack_fixed, unpack_fixed
from xoropt.common.errors import DecodeError
from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks.mask_codec import CHUNK, MaskCodec, MaskPlan, NearMask, Parts, by_chunks
from xoropt.masks.views import SAMPLE, binary_entropy, list_bits, views_of

__all__ = ["CODEC"]

SIZES = (2, 4, 8, 16)
"""The m of the form without a distance."""

MOST = 16
"""The largest m."""

AT_ONCE = 1 << 16
"""Numbers that are packed at once, a multiple of 8 so that they fill bytes."""

FARTHEST = 1 << 20
"""The greatest distance of a group's weights."""

WORTH = 0.97
"""The share of its information that a mask may take to be worth a try."""

FEWEST = 16
"""Weights that a listed exception must stand for."""


class Form(NamedTuple):
    """A kind of groups.

    Attributes:
        m: weights of a group.
        n: weights that it keeps.
        apart: the distance of a group's weights.
    """

    m: int
    n: int
    apart: int

    @property
    def choices(self) -> int:
        """The number of different groups."""
        return math.comb(self.m, self.n)

    @property
    def head(self) -> np.ndarray:
        """What stands before the numbers: uint8."""
        short = np.array([self.m, self.n, _groups_per_number(self.choices)], dtype=np.uint8)
        if self.apart == 1 and self.m in SIZES:
            return short
        return np.concatenate([np.zeros(1, np.uint8), short, np.array([self.apart], dtype="<u4").view(np.uint8)])


def plan(mask: np.ndarray | LazyArray) -> MaskPlan | None:
    """Plan the stored part `mask`; None where the mask is not n-of-m along any axis, or not along its rows if lazy."""
    found = _plain(mask)
    if found is not None:
        return _plan_of(mask, found)
    other = None if isinstance(mask, LazyArray) else near(mask)
    return other.plan if other is not None and not len(other.differs) else None


def _plain(mask: np.ndarray | LazyArray) -> Form | None:
    """Find the groups in a row that a mask consists of exactly; of several kinds, the one that takes the least."""
    fits = []
    for m in SIZES:
        if mask.ndim and mask.size and mask.shape[-1] % m == 0:
            groups = mask.reshape(-1, m)
            n = int(np.count_nonzero(groups[:1]))
            cuts = pairwise([0, 1024, *range(2048, len(groups), CHUNK // m), len(groups)])  # mostly the first differ
            if all((groups[a:b].sum(axis=1, dtype=np.uint8) == n).all() for a, b in cuts):
                fits.append(Form(m, n, 1))
    return min(fits, key=lambda form: math.log2(form.choices) / form.m, default=None)


def _plan_of(mask: np.ndarray | LazyArray, form: Form) -> MaskPlan:
    """Plan a mask of these groups; a group that keeps more or fewer weights is brought to n."""
    per_number = _groups_per_number(form.choices)
    count = -(-(mask.size // form.m) // per_number)
    stored = len(form.head) - (-count * _width(form.choices, per_number) // 8)

    def encode(jobs: int, effort: str) -> Parts:
        return _encode(mask, form)

    return MaskPlan(stored, encode)


def near(mask: np.ndarray) -> NearMask | None:
    """Find groups of n of m that a mask nearly consists of, see `MaskCodec.near`."""
    best: tuple[float, Form] | None = None
    mask = np.ascontiguousarray(mask)
    most = WORTH * binary_entropy(np.count_nonzero(mask) / max(1, mask.size))
    tried = set()
    for view in views_of(mask) if mask.size else []:
        for axis in range(view.ndim):
            apart = math.prod(view.shape[axis + 1 :])
            for m in range(2, MOST + 1):
                if view.shape[axis] % m or apart > FARTHEST or (m, apart) in tried:
                    continue
                tried.add((m, apart))
                rows = mask.reshape(-1, m, apart)
                step = max(1, mask.size // SAMPLE)  # groups are looked at one by one, so these may be apart
                down = min(step, len(rows))
                if _best_form(rows[::down, :, :: max(1, step // down)], m, apart)[0] > most:
                    continue
                bits, form = _best_form(rows, m, apart)
                if bits <= most and (best is None or bits < best[0]):
                    best = bits, form
    if best is None:
        return None
    form = best[1]
    wrong = _differences(mask, form)
    return NearMask(_plan_of(mask, form), wrong) if FEWEST * len(wrong) <= mask.size else None


def _best_form(rows: np.ndarray, m: int, apart: int) -> tuple[float, Form]:
    """Choose n for the fewest bits a weight, those of listed exceptions among them.

    Args:
        rows: bool (rows, m, groups of a row), some or all groups.
        m: weights of a group.
        apart: the distance of a group's weights.
    """
    counts, step = np.zeros(m + 1, dtype=np.int64), max(1, CHUNK * len(rows) // max(1, rows.size))
    for first in range(0, len(rows), step):
        kept_weights = rows[first : first + step].sum(axis=1, dtype=np.uint8)
        counts += np.bincount(kept_weights.reshape(-1), minlength=m + 1)
    kept, size = np.arange(m + 1), rows.size
    best = math.inf, Form(m, 0, apart)
    for n in range(1, m):
        exceptions = int((counts * np.abs(kept - n)).sum())
        bits = (size // m * math.log2(math.comb(m, n)) + list_bits(exceptions, size)) / size
        best = min(best, (bits, Form(m, n, apart)))
    return best


def _bitmaps(mask: np.ndarray, form: Form) -> np.ndarray:
    """Return the groups of a mask, or of whole rows of it, as numbers, first weight lowest: uint16, flat."""
    rows = mask.reshape(-1, form.m, form.apart)
    numbers = np.zeros((len(rows), form.apart), dtype=np.uint16)
    for i in range(form.m):
        numbers |= rows[:, i].astype(np.uint16) << np.uint16(i)
    return numbers.reshape(-1)


def _differences(mask: np.ndarray, form: Form) -> np.ndarray:
    """Return the weights in which a mask differs from the groups that store it, int64, ascending."""
    _, _, nearest = _tables(form.m, form.n)
    flat, found = np.ascontiguousarray(mask).reshape(-1), [np.empty(0, dtype=np.int64)]
    row = form.m * form.apart
    step = max(1, CHUNK // row) * row
    for first in range(0, mask.size, step):
        numbers = _bitmaps(flat[first : first + step], form)
        wrong = numbers ^ nearest[numbers]
        groups = np.flatnonzero(wrong)
        if len(groups):
            bits = (wrong[groups, None] >> np.arange(form.m, dtype=np.uint16) & 1).astype(bool)
            at, place = np.nonzero(bits)
            group = groups[at]
            found.append(np.sort(first + group // form.apart * row + place * form.apart + group % form.apart))
    return np.concatenate(found)


def _encode(mask: np.ndarray | LazyArray, form: Form) -> Parts:
    per_number = _groups_per_number(form.choices)
    ranks, _, nearest = _tables(form.m, form.n)
    flat, row, groups = mask.reshape(-1), form.m * form.apart, mask.size // form.m
    found = np.zeros(-(-groups // per_number) * per_number, dtype=np.uint16)
    step = max(1, CHUNK // row) * row
    for first in range(0, mask.size, step):
        some = ranks[nearest[_bitmaps(flat[first : first + step], form)]]
        found[first // form.m :][: len(some)] = some
    powers = np.array([form.choices**i for i in range(per_number)], dtype=np.uint64)
    numbers, width = found.reshape(-1, per_number), _width(form.choices, per_number)
    packed = [
        pack_fixed((numbers[at : at + AT_ONCE].astype(np.uint64) * powers).sum(axis=1, dtype=np.uint64), width)
        for at in range(0, len(numbers), AT_ONCE)
    ]
    return {"mask": np.concatenate([form.head, *packed])}


def _parse(parts: Parts, size: int) -> tuple[Form, np.ndarray]:
    """Parse and check the part `mask`: the kind of groups, and the stream of numbers."""
    data = parts.get("mask", np.zeros(0, np.uint8))
    apart, skip = 1, 0
    far = len(data) >= 8 and not data[0]
    if far:
        apart, skip = int.from_bytes(data[4:8].tobytes(), "little"), 1
    m, n, per_number = data[skip : skip + 3].tolist() if len(data) >= 3 + skip else (0, 0, 0)
    fits = 1 < m <= MOST if far else m in SIZES
    if not fits or n > m or not 0 < apart <= FARTHEST or size % (m * apart):
        raise DecodeError("the head of the n-of-m mask does not fit the shape")
    form = Form(m, n, apart)
    if per_number != _groups_per_number(form.choices):
        raise DecodeError("the head of the n-of-m mask does not fit the shape")
    stream, count = data[8 if far else 3 :], -(-(size // m) // per_number)
    if len(stream) != -(-count * _width(form.choices, per_number) // 8):
        raise DecodeError("the n-of-m mask does not fit the shape")
    return form, stream


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`."""
    form, stream = _parse(parts, size)
    row = form.m * form.apart
    begin, end = first // row, -(-stop // row)
    if stop <= first:
        return np.empty(0, dtype=bool)
    low, high = begin * form.apart, end * form.apart
    if end == begin + 1 and form.apart > 1:  # some groups of one row, which may be long
        a, b = first - begin * row, stop - begin * row
        if a // form.apart == (b - 1) // form.apart:
            low, high = low + a % form.apart, low + (b - 1) % form.apart + 1
    numbers = _groups(form, stream, low, high)
    if high - low < (end - begin) * form.apart:
        return (numbers >> np.uint16((first - begin * row) // form.apart) & np.uint16(1)).astype(bool)
    flat = np.empty((end - begin, form.m, form.apart), dtype=bool)
    numbers = numbers.reshape(end - begin, form.apart)
    for i in range(form.m):
        flat[:, i] = numbers >> np.uint16(i) & np.uint16(1)
    return flat.reshape(-1)[first - begin * row :][: stop - first]


def _groups(form: Form, stream: np.ndarray, first: int, stop: int) -> np.ndarray:
    """Decode groups first … stop − 1 to their bitmaps, uint16."""
    per_number = _groups_per_number(form.choices)
    begin, end = first // per_number, -(-stop // per_number)
    packed = unpack_fixed(stream, _width(form.choices, per_number), begin, end - begin)
    _, bitmaps, _ = _tables(form.m, form.n)
    numbers = np.empty((end - begin, per_number), dtype=np.uint16)
    for i in range(per_number):
        rest = packed // np.uint64(form.choices)
        numbers[:, i] = bitmaps[packed - rest * np.uint64(form.choices)]
        packed = rest
    if packed.any():
        raise DecodeError("the n-of-m mask holds a number that no group has")
    return numbers.reshape(-1)[first - begin * per_number :][: stop - first]


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the part `mask`, see `MaskCodec.check`."""
    _parse(parts, size)


@lru_cache(maxsize=32)
def _tables(m: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tabulate the groups of m weights.

    Returns:
        The rank of every bitmap, int64, 0 for those without n ones; the bitmap of every rank, uint16; and for every
        bitmap one with n ones, uint16, in which the highest ones are missing or the lowest zeros are set.
    """
    numbers = np.arange(1 << m, dtype=np.uint32)
    bitmaps = numbers[np.bitwise_count(numbers) == n]
    ranks = np.zeros(1 << m, dtype=np.int64)
    ranks[bitmaps] = np.arange(len(bitmaps))
    nearest = numbers.copy()
    for i in range(m):
        nearest |= np.where(np.bitwise_count(nearest) < n, np.uint32(1 << i), np.uint32(0))
        high = np.uint32(1 << m - 1 - i)
        nearest &= ~np.where(np.bitwise_count(nearest) > n, high, np.uint32(0))
    return ranks, bitmaps.astype(np.uint16), nearest.astype(np.uint16)


def _width(choices: int, per_number: int) -> int:
    """Return the bits of a number that holds the ranks of so many groups."""
    return (choices**per_number - 1).bit_length()


def _groups_per_number(choices: int) -> int:
    """Choose how many groups make one number of at most 63 bits, for the least waste."""
    most = max(1, min(24, int(63 / math.log2(choices)))) if choices > 1 else 24
    return min(range(1, most + 1), key=lambda g: _width(choices, g) / g)


CODEC = MaskCodec(plan, by_chunks(decode), near=near, cheap_ranges=True, check=check, plans_lazily=True)
