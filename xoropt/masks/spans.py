"""One run of kept weights in each line: triangular and banded masks, and lines that end early.

A line is the last axis; lines are numbered within the axis before it, anew for each index of all others. Line i keeps
the weights from its start to before its end, and both are min(line, max(0, base + slope·i + rest)): the slope is −1, 0
or 1, and the rest of each line is a number of a few bits, of none in a triangle or a band.

The part `mask` is, for the starts and then for the ends, a little-endian int64 base, a byte slope + 1 and a byte, the
bits of a rest; then the rests of all lines' starts as a bit stream, filled up to whole bytes, and those of the ends.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from xoropt.codec.bits import pack_fixed, unpack_fixed
from xoropt.common.errors import DecodeError
from xoropt.masks.mask_codec import CHUNK, MaskCodec, MaskPlan, NearMask, Parts, by_chunks
from xoropt.masks.views import SAMPLE, binary_entropy, list_bits

__all__ = ["CODEC", "NARROW", "plan_spans", "spans_around"]

WORTH = 0.95
"""The share of its information that a mask may take to be worth a try."""

FEWEST = 32
"""Weights that a listed exception must stand for."""

NARROW = 16
"""The least length of a line: runs of shorter ones take as much as a bitmap."""

HEAD = 20
"""Bytes before the rests."""

MOST_BITS = 48
"""The most bits of a rest."""


class Ends(NamedTuple):
    """The starts or the ends of all lines.

    Attributes:
        base, slope: as in the module's docstring.
        bits: of a rest.
        rests: int64 (lines,).
    """

    base: int
    slope: int
    bits: int
    rests: np.ndarray

    @property
    def nbytes(self) -> int:
        """The bytes of the rests."""
        return -(-len(self.rests) * self.bits // 8)


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan the stored part `mask`; None where a line keeps more than one run."""
    found = near(mask)
    return found.plan if found is not None and not len(found.differs) else None


def near(mask: np.ndarray) -> NearMask | None:
    """Find a run in each line such that a mask differs from them in few weights, see `MaskCodec.near`."""
    if mask.ndim < 2 or not mask.size or mask.shape[-1] < NARROW:
        return None
    lines = np.ascontiguousarray(mask).reshape(-1, mask.shape[-1])
    most = WORTH * binary_entropy(np.count_nonzero(mask) / mask.size) * mask.size
    sample = lines[:: max(1, mask.size // SAMPLE)]
    wrong = int(_best_runs(sample)[2].sum())
    if list_bits(wrong, sample.size) > most * sample.size / mask.size or FEWEST * wrong > 2 * sample.size:
        return None
    starts, ends, _ = _best_runs(lines)
    number, empty = np.arange(len(lines)) % mask.shape[-2], ends <= starts
    best: tuple[float, NearMask] | None = None
    straight = (_straight(values, number, empty, mask.shape[-1]) for values in (starts, ends))
    for a, b in ((starts, ends), tuple(straight)):
        plan, differs = plan_spans(a, b, mask.shape), _differences(lines, a, b)
        bits = 8 * plan.least_bytes + list_bits(len(differs), mask.size)
        if FEWEST * len(differs) <= mask.size and bits <= (most if best is None else best[0]):
            best = bits, NearMask(plan, differs)
        if not len(differs):
            break
    return None if best is None else best[1]


def spans_around(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first kept weight of every line, and the one after its last, int64; both 0 where there is none."""
    lines = np.ascontiguousarray(mask).reshape(-1, mask.shape[-1])
    width = lines.shape[1]
    starts, ends = np.empty((2, len(lines)), dtype=np.int64)
    step = max(1, CHUNK // width)
    for first in range(0, len(lines), step):  # lines that are turned round are copied
        rows, part = slice(first, first + step), lines[first : first + step]
        some = part.any(axis=1)
        starts[rows] = np.where(some, part.argmax(axis=1), 0)
        ends[rows] = np.where(some, width - part[:, ::-1].argmax(axis=1), 0)
    return starts, ends


def _best_runs(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find for each line the run that differs from it least, by the largest sum of +1 and −1 (J. Kadane).

    Returns:
        The starts, the ends and the weights that differ, int64; both ends are 0 where no run is best.
    """
    width = lines.shape[1]
    starts, ends, wrong = np.zeros((3, len(lines)), dtype=np.int64)
    step = max(1, CHUNK // (8 * width))
    for first in range(0, len(lines), step):
        part = lines[first : first + step]
        sums = np.zeros((len(part), width + 1), dtype=np.int64)
        np.cumsum(2 * part.astype(np.int8) - 1, axis=1, out=sums[:, 1:])
        least = np.minimum.accumulate(sums, axis=1)
        end = (sums - least).argmax(axis=1)
        row = np.arange(len(part))
        gain = sums[row, end] - least[row, end]
        start = (sums == least[row, end][:, None]).argmax(axis=1)
        empty = gain <= 0
        starts[first : first + step] = np.where(empty, 0, start)
        ends[first : first + step] = np.where(empty, 0, end)
        wrong[first : first + step] = np.count_nonzero(part, axis=1) - gain
    return starts, ends, wrong


def _straight(values: np.ndarray, number: np.ndarray, empty: np.ndarray, width: int) -> np.ndarray:
    """Put starts or ends on the straight line that most of them are on: exceptions next to the ends of runs move them.

    Args:
        values: the starts or ends, int64.
        number: of the lines.
        empty: which lines keep nothing.
        width: of a line.
    """
    lines, inner = [np.zeros_like(values), np.full_like(values, width)], ~empty & (values > 0) & (values < width)
    for slope in (0, 1, -1):
        moved = (values - slope * number)[inner]
        if len(moved):
            base = int(moved.min() + np.bincount(moved - moved.min()).argmax())
            lines.append(np.clip(base + slope * number, 0, width))
    return max(lines, key=lambda line: int(np.count_nonzero((line == values) & ~empty)))


def _differences(lines: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the weights in which lines differ from their runs, int64, ascending."""
    width, found = lines.shape[1], [np.empty(0, dtype=np.int64)]
    step = max(1, CHUNK // width)
    for first in range(0, len(lines), step):
        runs = _runs(starts[first : first + step], ends[first : first + step], width)
        found.append(first * width + np.flatnonzero(runs != lines[first : first + step]))
    return np.concatenate(found)


def _runs(starts: np.ndarray, ends: np.ndarray, width: int) -> np.ndarray:
    column = np.arange(width)
    return (column >= starts[:, None]) & (column < ends[:, None])


def plan_spans(starts: np.ndarray, ends: np.ndarray, shape: tuple[int, ...]) -> MaskPlan:
    """Plan the part `mask` of a run in each line.

    Args:
        starts: the first kept weight of every line, int64.
        ends: the weight after its last one; where it is not above the start, the line keeps none.
        shape: of the mask, at least two axes.
    """
    number = np.arange(len(starts)) % shape[-2]
    empty = ends <= starts
    fitted_ends = _fit(ends, number, empty, shape[-1])
    ends = _values(fitted_ends, number, fitted_ends.rests, shape[-1])
    fitted_starts = _fit(np.where(empty, shape[-1], starts), number, np.zeros_like(empty), shape[-1])
    free = _fit(starts, number, empty, shape[-1])  # starts of empty lines where they fall
    if free.bits < fitted_starts.bits and (_values(free, number, free.rests, shape[-1]) >= ends)[empty].all():
        fitted_starts = free
    both = fitted_starts, fitted_ends

    def encode(jobs: int, effort: str) -> Parts:
        heads = [
            np.concatenate([np.array([e.base], "<i8").view(np.uint8), np.array([e.slope + 1, e.bits], np.uint8)])
            for e in both
        ]
        return {"mask": np.concatenate([*heads, *(pack_fixed(e.rests, e.bits) for e in both)])}

    return MaskPlan(HEAD + sum(e.nbytes for e in both), encode)


def _fit(values: np.ndarray, number: np.ndarray, free: np.ndarray, width: int) -> Ends:
    """Choose the slope that leaves the smallest rests; lines that are free have none.

    A value at either end of the line only has to reach it.
    """
    best: Ends | None = None
    for slope in (0, 1, -1):
        moved = values - slope * number
        bound = moved[~free & (values < width)]
        base = int(bound.min()) if len(bound) else int(moved.max(initial=0))
        rests = np.where(free | (values == 0), 0, np.maximum(moved - base, 0))
        bits = int(rests.max(initial=0)).bit_length()
        if best is None or bits < best.bits:
            best = Ends(base, slope, bits, rests)
    assert best is not None
    return best


def _values(ends: Ends, number: np.ndarray, rests: np.ndarray, width: int) -> np.ndarray:
    """Return the starts or ends of the lines with these numbers and rests, int64."""
    return np.clip(ends.base + ends.slope * number + rests, 0, width)


def _parse(parts: Parts, shape: tuple[int, ...], size: int) -> tuple[list[Ends], list[np.ndarray]]:
    """Parse and check the part `mask`: the starts and ends, without rests, and the streams of these."""
    data = parts.get("mask", np.zeros(0, np.uint8))
    if len(shape) < 2 or not size or len(data) < HEAD:
        raise DecodeError("the mask of spans does not fit the shape")
    lines, both, streams, at = size // shape[-1], [], [], HEAD
    for head in (data[: HEAD // 2], data[HEAD // 2 : HEAD]):
        base = int.from_bytes(head[:8].tobytes(), "little", signed=True)
        slope, bits = int(head[8]) - 1, int(head[9])
        if abs(slope) > 1 or bits > MOST_BITS or abs(base) > 1 << MOST_BITS:
            raise DecodeError("the head of the mask of spans is damaged")
        both.append(Ends(base, slope, bits, np.empty(0, dtype=np.int64)))
        streams.append(data[at : at - (-lines * bits // 8)])
        at -= -lines * bits // 8
    if at != len(data):
        raise DecodeError("the mask of spans does not fit the shape")
    return both, streams


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`."""
    if stop <= first:
        check(parts, shape, size)
        return np.empty(0, dtype=bool)
    both, streams = _parse(parts, shape, size)
    width = shape[-1]
    line, end = first // width, -(-stop // width)
    if end > line + 1 and width > CHUNK:  # the ends of long lines
        cuts = [first, *range((line + 1) * width, stop, width), stop]
        return np.concatenate([decode(parts, shape, size, a, b) for a, b in pairwise(cuts)])
    number = np.arange(line, end) % shape[-2]
    start, last = (
        _values(ends, number, unpack_fixed(stream, ends.bits, line, end - line).astype(np.int64), width)
        for ends, stream in zip(both, streams, strict=True)
    )
    if end == line + 1:
        run, at = np.zeros(stop - first, dtype=bool), first - line * width
        run[max(0, int(start[0]) - at) : max(0, int(last[0]) - at)] = True
        return run
    return _runs(start, last, width).reshape(-1)[first - line * width :][: stop - first]


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the part `mask`, see `MaskCodec.check`."""
    _parse(parts, shape, size)


CODEC = MaskCodec(plan, by_chunks(decode), near=near, cheap_ranges=True, check=check)
