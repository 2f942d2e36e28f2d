"""Block sparsity: whole blocks of the mask are kept or pruned together, with one bit for each.

The part `mask` has one of two forms. For blocks whose sides are powers of two, the mask is a matrix, its first axis by
all others: two bytes, the binary logarithms of the rows and columns of a block, and the bitmap of the blocks in
row-major order. For all others it is a byte 255; the number of axes of a view, 1 to 8; as little-endian uint32 the
lengths of these axes, whose product is the number of weights, and the sides of a block along them; and the blocks'
bits in row-major order, as `xoropt.masks.flat` stores them. So blocks lie along any axes and have any sides: whole
kernels and stripes of convolutions, rows, and columns among them. Blocks at the ends of an axis may be cut short.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks.density_classes import ByteReader, matrix_shape
from xoropt.masks.flat import flat_bytes, pack_flat, unpack_flat
from xoropt.masks.mask_codec import CHUNK, MaskCodec, MaskPlan, NearMask, Parts, by_chunks
from xoropt.masks.views import LONGEST_SIDE, MAX_AXES, binary_entropy, leading_sample, list_bits, views_of

__all__ = ["CODEC", "expand_blocks", "plan_blocks"]

MAX_LOG = 8
"""The binary logarithm of the largest side of a block in the form of powers of two."""

VIEW = 255
"""The first byte of the form with a view."""

WORTH = 0.9
"""The share of its bits that blocks may leave to be worth a try."""

MOST_SIDES = 4096
"""Sides that are tried along an axis, beside its length."""

TRIED = 3
"""Sides along an axis that are tried beside the longest one without exceptions."""

FEWEST = 16
"""Weights that a listed exception must stand for."""


def plan(mask: np.ndarray | LazyArray) -> MaskPlan | None:
    """Plan the stored part `mask`; None for a mask that is not made of blocks of at least two weights.

    One that is made when it is needed has a plan where it is a matrix of blocks with a side of a power of two.
    """
    rows, columns = matrix_shape(mask.shape, mask.size)
    if isinstance(mask, LazyArray):
        return _plan_lazily(mask.reshape(rows, columns)) if mask.ndim <= 2 else None
    plans = []
    if (matrix := _plan_powers(*_halved(np.ascontiguousarray(mask).reshape(rows, columns)))) is not None:
        plans.append(matrix)
    if (found := near(mask)) is not None and not len(found.differs):
        plans.append(found.plan)
    return min(plans, key=lambda plan: plan.least_bytes, default=None)


def _plan_lazily(matrix: LazyArray) -> MaskPlan | None:
    """Plan blocks without exceptions, some rows at a time: first those of powers of two, then what they make up."""
    rows, columns = matrix.shape
    step = max(1, (CHUNK >> MAX_LOG) // max(1, columns)) << MAX_LOG
    bands = [slice(first, min(rows, first + step)) for first in range(0, rows, step)]
    row_log, column_log = (min(MAX_LOG, max(0, side - 1).bit_length()) for side in (rows, columns))
    for band in bands:
        some, own_row_log, column_log = _halved(matrix[band], row_log, column_log)
        row_log = row_log if len(some) == 1 else own_row_log
        if not row_log + column_log:
            return None
    if not bands or max(rows, columns) > LONGEST_SIDE:
        return None
    powers = 1 << row_log, 1 << column_log
    coarse = np.concatenate([matrix[band][:: powers[0], :: powers[1]].copy() for band in bands])
    joined, sides = _find(coarse)
    if not sides or len(_differences(coarse, joined, sides)):
        joined, sides = coarse, (1, 1)
    whole = min(rows, sides[0] * powers[0]), min(columns, sides[1] * powers[1])
    plans = [_plan_powers(coarse, row_log, column_log), plan_blocks(joined, (rows, columns), whole)]
    return min((plan for plan in plans if plan is not None), key=lambda plan: plan.least_bytes)


def _halved(matrix: np.ndarray, rows: int = MAX_LOG, columns: int = MAX_LOG) -> tuple[np.ndarray, int, int]:
    """Replace pairs of equal columns by one, and pairs of equal rows, as often as all are equal.

    Args:
        matrix: bool.
        rows: the most times that rows are halved.
        columns: the same for columns.

    Returns:
        The matrix of blocks, and how often its rows and its columns were halved.
    """
    row_log = column_log = 0
    while matrix.size and column_log < columns and matrix.shape[1] > 1 and (halved := _halve(matrix)) is not None:
        matrix, column_log = halved, column_log + 1
    while matrix.size and row_log < rows and matrix.shape[0] > 1 and (halved := _halve(matrix.T)) is not None:
        matrix, row_log = halved.T, row_log + 1
    return matrix, row_log, column_log


def _plan_powers(coarse: np.ndarray, row_log: int, column_log: int) -> MaskPlan | None:
    """Plan the form of blocks whose sides are powers of two; None where these are single weights."""
    if not row_log + column_log:
        return None
    head = np.array([row_log, column_log], np.uint8)
    return MaskPlan.of_parts({"mask": np.concatenate([head, np.packbits(coarse, bitorder="little")])})


def _halve(matrix: np.ndarray) -> np.ndarray | None:
    """Replace each pair of neighbouring columns by one; None where the two of a pair differ."""
    first = matrix[:, ::2]
    second = matrix[:, 1::2]
    step = max(1, CHUNK // matrix.shape[1])
    for row in range(0, len(matrix), step):  # mostly the first of them differ
        if (first[row : row + step, : second.shape[1]] != second[row : row + step]).any():
            return None
    return first


def near(mask: np.ndarray) -> NearMask | None:
    """Find the blocks that a mask nearly consists of, see `MaskCodec.near`."""
    best: tuple[float, np.ndarray, tuple[int, ...], np.ndarray, np.ndarray] | None = None
    if not mask.size:
        return None
    for view in views_of(mask):
        sample = leading_sample(view)
        if sample.size < view.size and not _find(sample)[1]:
            continue
        coarse, sides = _find(view)
        if not sides:
            continue
        wrong = _differences(view, coarse, sides)
        bits = 8 * flat_bytes(coarse) + list_bits(len(wrong), mask.size)
        if FEWEST * len(wrong) <= mask.size and (best is None or bits < best[0]):
            best = bits, coarse, sides, wrong, view
    if best is None:
        return None
    _, coarse, sides, wrong, view = best
    return NearMask(plan_blocks(coarse, view.shape, sides), wrong)


def plan_blocks(coarse: np.ndarray, lengths: tuple[int, ...], sides: tuple[int, ...]) -> MaskPlan:
    """Plan the part `mask` of blocks in a view.

    Args:
        coarse: bool, whether each block is kept, as many axes as the view.
        lengths: of the view's axes.
        sides: of a block along them.
    """
    merged, merged_sides = _merge_axes(lengths, sides)
    head = np.array([merged, merged_sides], dtype="<u4").reshape(-1).view(np.uint8)

    def encode(jobs: int, effort: str) -> Parts:
        return {"mask": np.concatenate([np.array([VIEW, len(merged)], dtype=np.uint8), head, pack_flat(coarse)])}

    return MaskPlan(2 + len(head) + flat_bytes(coarse), encode)


def _merge_axes(lengths: tuple[int, ...], sides: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """Join neighbouring axes where the blocks stay blocks: the later one is as long as a block, or both have side 1."""
    merged, merged_sides = [lengths[0]], [sides[0]]
    for length, side in zip(lengths[1:], sides[1:], strict=True):
        if merged[-1] * length < 1 << 32 and (side == length or side == merged_sides[-1] == 1):
            merged[-1] *= length
            merged_sides[-1] *= length if side == length else 1
        else:
            merged.append(length)
            merged_sides.append(side)
    return merged, merged_sides


def _find(view: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    """Choose the sides of blocks axis by axis, the last axis first.

    Returns:
        Whether most weights of each block are kept, and the sides; no sides where single weights do as well.
    """
    coarse, sides = view, [1] * view.ndim
    for axis in reversed(range(view.ndim)):
        coarse, sides[axis] = _join_along(coarse, axis, math.prod(sides))
    return coarse, tuple(sides) if max(sides) > 1 else ()


def _join_along(coarse: np.ndarray, axis: int, each: int) -> tuple[np.ndarray, int]:
    """Join blocks along an axis, as many as leave the least information and exceptions.

    First all sides are compared by the changes between neighbours that lie inside of blocks: what differs from its
    block alone differs from two neighbours. Then the best few are tried.

    Args:
        coarse: bool, the blocks so far.
        axis: the axis.
        each: weights of a block so far.

    Returns:
        The joined blocks, and how many were joined.
    """
    length, size = coarse.shape[axis], coarse.size
    if length < 2:
        return coarse, 1
    changes = np.zeros(length - 1, dtype=np.int64)
    for some, first in _parts(coarse, axis, 1, 1):
        moved = np.moveaxis(some, axis, 0)
        changed = (moved[1:] != moved[:-1]).reshape(len(moved) - 1, -1).sum(axis=1, dtype=np.int64)
        changes[first:][: len(changed)] += changed
    total, information = int(changes.sum()), binary_entropy(np.count_nonzero(coarse) / size) * size
    guesses = []
    for tried in (*range(2, min(length, MOST_SIDES)), length):
        inside = total - int(changes[tried - 1 :: tried].sum())
        bits = information * -(-length // tried) / length + list_bits(inside / 2 * each, size * each)
        if bits < WORTH * information or not inside:
            guesses.append((inside > 0, bits, tried))
    exact = [guess for guess in guesses if not guess[0]][-1:]  # the longest blocks without exceptions
    best, joined, side = WORTH * information if total else math.inf, coarse, 1
    for tried in dict.fromkeys(guess[2] for guess in exact + sorted(guesses, key=lambda guess: guess[1])[:TRIED]):
        votes, wrong = _vote(coarse, axis, tried)
        bits = binary_entropy(np.count_nonzero(votes) / votes.size) * votes.size + list_bits(wrong * each, size * each)
        if bits < best:
            best, joined, side = bits, votes, tried
    return joined, side


def _vote(coarse: np.ndarray, axis: int, side: int) -> tuple[np.ndarray, int]:
    """Join `side` blocks each along an axis; return what most of them are, and how many differ from that."""
    kind = np.int16 if side < 1 << 14 else np.int32
    votes, wrong = [], 0
    for some, _ in _parts(coarse, axis, side, 0):
        starts = np.arange(0, some.shape[axis], side)
        counts = np.add.reduceat(some, starts, axis=axis, dtype=kind)
        widths = np.diff(starts, append=some.shape[axis]).astype(kind).reshape(-1, *(1,) * (some.ndim - 1 - axis))
        others = widths - counts
        votes.append(counts > others)
        wrong += int(np.minimum(counts, others, out=others).sum(dtype=np.int64))
    return np.concatenate(votes), wrong


def _parts(coarse: np.ndarray, axis: int, side: int, more: int) -> Iterator[tuple[np.ndarray, int]]:
    """Cut blocks into parts along the first axis, which bounds the memory beside them.

    Args:
        coarse: the blocks.
        axis: along which they are handled.
        side: the blocks that may not be parted along it.
        more: the blocks of the next part that each part has as well, along this axis.

    Yields:
        The part, and where it begins along `axis`.
    """
    rows = len(coarse)
    step = -(-max(1, CHUNK * rows // max(1, coarse.size)) // side) * side
    for first in range(0, rows, step):
        if axis:
            yield coarse[first : first + step], 0
        elif first + more < rows:
            yield coarse[first : first + step + more], first


def _differences(view: np.ndarray, coarse: np.ndarray, sides: tuple[int, ...]) -> np.ndarray:
    """Return the weights in which a view differs from its blocks, int64, ascending."""
    flat, found = view.reshape(-1), []
    for first in range(0, flat.size, CHUNK):
        stop = min(flat.size, first + CHUNK)
        found.append(first + np.flatnonzero(flat[first:stop] != expand_blocks(coarse, view.shape, sides, first, stop)))
    return np.concatenate(found)


def expand_blocks(
    coarse: np.ndarray, lengths: tuple[int, ...], sides: tuple[int, ...], first: int, stop: int
) -> np.ndarray:
    """Expand weights first … stop − 1 of a view, at least one: bool."""
    if len(lengths) == 1:
        begin, end = first // sides[0], -(-stop // sides[0])
        return np.repeat(coarse[begin:end], sides[0])[first - begin * sides[0] :][: stop - first]
    each = math.prod(lengths[1:])
    row, end = first // each, -(-stop // each)
    if end == row + 1:
        return expand_blocks(coarse[row // sides[0]], lengths[1:], sides[1:], first - row * each, stop - row * each)
    if each > CHUNK:  # the ends of long rows
        cuts = [first, *range((row + 1) * each, stop, each), stop]
        return np.concatenate([expand_blocks(coarse, lengths, sides, a, b) for a, b in pairwise(cuts)])
    some = coarse[np.arange(row, end) // sides[0]]
    for axis in range(1, len(lengths)):
        if sides[axis] > 1:
            some = np.repeat(some, sides[axis], axis=axis)[(slice(None),) * axis + (slice(lengths[axis]),)]
    return some.reshape(-1)[first - row * each :][: stop - first]


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`."""
    data = parts.get("mask", np.zeros(0, np.uint8))
    if len(data) and data[0] == VIEW:
        return _decode_view(data, size, first, stop)
    row_log, column_log = data[:2].tolist() if len(data) >= 2 else (MAX_LOG + 1, 0)
    rows, columns = matrix_shape(shape, size)
    if max(row_log, column_log) > MAX_LOG:
        raise DecodeError("the head of the mask of blocks is damaged")
    coarse = (-(-rows // (1 << row_log)), -(-columns // (1 << column_log)))
    if len(data) != 2 - (-coarse[0] * coarse[1] // 8):
        raise DecodeError("the mask of blocks does not fit the shape")
    if stop <= first:
        return np.empty(0, dtype=bool)
    row, end = first // columns, -(-stop // columns)
    begin, last = (row >> row_log) * coarse[1], (end - 1 >> row_log) * coarse[1] + coarse[1]
    bits = np.unpackbits(data[2 + begin // 8 : 2 - (-last // 8)], bitorder="little")[begin % 8 :][: last - begin]
    return expand_blocks(
        bits.view(bool).reshape(-1, coarse[1]),
        (rows, columns),
        (1 << row_log, 1 << column_log),
        first - (row >> row_log << row_log) * columns,
        stop - (row >> row_log << row_log) * columns,
    )


def _decode_view(data: np.ndarray, size: int, first: int, stop: int) -> np.ndarray:
    reader = ByteReader(data)
    axes = int(reader.take(2, np.uint8)[1])
    if not 0 < axes <= MAX_AXES:
        raise DecodeError("the head of the mask of blocks is damaged")
    lengths = tuple(reader.take(axes, "<u4").tolist())
    sides = tuple(reader.take(axes, "<u4").tolist())
    if math.prod(lengths) != size or not all(0 < a <= b for a, b in zip(sides, lengths, strict=True)):
        raise DecodeError("the mask of blocks does not fit the shape")
    counts = tuple(-(-length // side) for length, side in zip(lengths, sides, strict=True))
    stored, each = data[reader.at :], math.prod(counts[1:])
    if stop <= first:
        unpack_flat(stored, math.prod(counts), 0, 0)
        return np.empty(0, dtype=bool)
    unit = math.prod(lengths[1:]) * sides[0]  # weights of a row of blocks
    row, end = first // unit, -(-stop // unit)
    coarse = unpack_flat(stored, math.prod(counts), row * each, end * each).reshape(end - row, *counts[1:])
    return expand_blocks(coarse, lengths, sides, first - row * unit, stop - row * unit)


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the part `mask`, see `MaskCodec.check`."""
    decode(parts, shape, size, 0, 0)


CODEC = MaskCodec(plan, by_chunks(decode), near=near, cheap_ranges=True, check=check, plans_lazily=True)
