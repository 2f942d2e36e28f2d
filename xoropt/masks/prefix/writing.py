"""Weights under a prefix-coded mask: each band's are written while the next band's groups are looked up."""

import numpy as np

from xoropt.codec.reader import Reader
from xoropt.masks.prefix.lookup import Lookup
from xoropt.masks.prefix.stored import TILE, Coded
from xoropt.masks.prefix.unpacking import AT_ONCE, outputs_of, scratch_of

__all__ = ["suits", "write"]


def suits(coded: Coded, planes: int, table: np.ndarray, row_length: int, first: int, stop: int) -> bool:
    """Whether `write` can write the weights: the mask is as coded, and `unpack_groups` can write them meanwhile."""
    from xoropt.codec.weights.kernels import FEW

    even = first % 64 == 0 and stop % 64 == 0 and (len(table) == 1 or row_length % 256 == 0)
    return coded.whole and coded.moved is None and 0 < planes <= FEW and even


def write(
    coded: Coded,
    tables: Lookup,
    first: int,
    stop: int,
    reader: Reader,
    flips: list[np.ndarray],
    table: np.ndarray,
    row_length: int,
    jobs: int | None,
    out: np.ndarray | None,
) -> np.ndarray:
    """Weights first … stop − 1, where `suits` says so.

    Args:
        coded, tables, first, stop: as for `unpack`.
        reader, flips, table, row_length, jobs, out: as for `xoropt.codec.ranges.weights_of`.

    Raises:
        DecodeError: the mask's plane's parts do not fit together.
    """
    from xoropt.codec import ranges
    from xoropt.codec.reader import address, aligned, borrow, give_back
    from xoropt.codec.weights.kernels import expand
    from xoropt.masks.prefix.kernels import unpack_groups
    from xoropt.words.kernels import flip_bits

    if out is None:
        out = aligned(stop - first, table.dtype, first)
    stream = out.nbytes > ranges.STREAM_BYTES and (address(out) - first * out.itemsize) % 64 == 0
    groups = TILE * coded.of_band  # of a band
    begin, end = first // (16 * groups), -(-stop // (16 * groups))
    outputs, listed = outputs_of(coded, begin, end), coded.listed_within(first, stop)

    def run(some: list[int]) -> None:
        cuts = [min(max(first, 16 * groups * number), stop) for number in (*some, some[-1] + 1)]
        batches = [(cuts[i], cuts[min(i + AT_ONCE, len(some))]) for i in range(0, len(some), AT_ONCE)]
        kept = groups // 4 + 8  # words of a band's mask
        stride = -(-max(reader.room(a, b) for a, b in batches) // 8) * 8 + 8  # a word is read beyond the last
        spare = borrow(2 * kept + len(flips) * stride)
        masks, planes = spare[: 2 * kept].reshape(2, kept), spare[2 * kept :][: len(flips) * stride]
        planes, scratch = planes.reshape(len(flips), stride), scratch_of()
        writing = (planes, 0, masks[0], 0, table, row_length, first, first, out, first, stream)
        for i, (number, words, codes) in enumerate(outputs(some)):
            mask, start, (a, b) = masks[i % 2], 16 * groups * number, cuts[i : i + 2]
            symbols = mask.view(np.uint16)
            unpack_groups(words, coded.of_band, coded.length, codes, *tables, *scratch, symbols, writing)
            if len(listed):
                flip_bits(mask, listed, a, b, start)
            if i % AT_ONCE == 0:  # those of earlier bands are written
                origin, until = reader.origin(a), batches[i // AT_ONCE][1]
                for p, at in enumerate(flips):
                    reader.fill(p, a, until, planes[p], origin, False)
                    flip_bits(planes[p], at, a, until, origin)
            writing = (planes, a - origin, mask, a - start, table, row_length, a, b, out, first, stream)
        unused = spare.view(np.uint8), spare.view(table.dtype)  # so few are the planes
        expand(*writing[:4], True, *writing[4:8], *unused, *writing[8:])
        give_back(spare)

    ranges.spread(list(range(begin, end)), ranges.threads_for(jobs, out.nbytes), run)
    return out
