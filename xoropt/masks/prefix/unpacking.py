"""From the plane of a prefix-coded mask to the mask's bits, by compiled loops, band by band."""

from threading import Lock

import numpy as np

from xoropt.codec.decode import flips_of, reader_of
from xoropt.masks.prefix.lookup import Lookup
from xoropt.masks.prefix.stored import TILE, Coded

__all__ = ["unpack"]

AT_ONCE = 4
"""Bands whose plane is decoded at once: 0.4 MB, which stay in the processor's cache."""

SPARE = 15
"""Groups behind those of a mask of few tiles, whose codes are read and whose symbols are written."""


def unpack(coded: Coded, tables: Lookup, first: int, stop: int, jobs: int | None = None) -> tuple[np.ndarray, int]:
    """The mask of weights first … stop − 1, one bit a weight, from the bands in which they lie.

    Args:
        coded: the mask.
        tables: those of all codes, one after the other.
        first, stop: a range of weights.
        jobs: threads; None: as many as are worth it.

    Returns:
        uint8 and the weight that its bit 0 stands for, as `xoropt.masks.decode_packed`.

    Raises:
        DecodeError: the plane's parts do not fit together.
    """
    from xoropt.codec.ranges import spread, threads_for
    from xoropt.codec.reader import aligned
    from xoropt.masks.prefix.kernels import place_groups, unpack_groups
    from xoropt.words.kernels import flip_bits

    rows, columns, across, size = coded.rows, coded.columns, coded.across, coded.size
    groups, every = TILE * coded.of_band, rows * across  # of a band, of the mask
    begin = first // columns * across // groups
    end = min(coded.bands, -(-(-(-stop // columns) * across) // groups))
    whole = size == 16 and columns % 16 == 0  # then groups are whole uint16 of the mask, one after another
    start = begin * groups * 16 if whole else begin * groups // across * columns // 64 * 64
    last = end * groups * 16 if whole else min(rows, (end * groups - 1) // across + 1) * columns
    out = np.zeros(-(-(last - start) // 64) + 4, dtype=np.uint64)
    of_row_class = coded.code_of[:, coded.column_class]
    band = coded.of_band * coded.length * TILE  # outputs
    planes, flips = reader_of(coded.encoded), flips_of(coded.encoded, begin * band, end * band)[0]
    lock, threads = Lock(), min(end - begin, threads_for(jobs, 4 * (last - start)))

    def run(some: list[int]) -> None:
        block, numbers = aligned(1024, np.uint32), aligned(512, np.uint32)
        held, made = aligned(0), np.zeros(groups + SPARE, dtype=np.uint16)
        low, part, codes = start, out, np.zeros(AT_ONCE * groups + SPARE, dtype=np.uint8)
        if threads > 1 and not whole:  # the threads share words at the ends of what they make
            low = some[0] * groups // across * columns // 64 * 64
            high = min(rows, ((some[-1] + 1) * groups - 1) // across + 1) * columns
            part = np.zeros(-(-(high - low) // 64) + 2, dtype=np.uint64)
        for number in some:
            at = (number - some[0]) % AT_ONCE
            if at == 0:
                a, b = number * band, min(number + AT_ONCE, some[-1] + 1) * band
                origin = planes.origin(a)
                room = planes.room(a, b) + 8
                held = held if len(held) >= room else aligned(room)
                planes.fill(0, a, b, held, origin, False)
                flip_bits(held, flips, a, b, origin)
                words = held[(a - origin) // 64 :]
                if len(coded.densities) > 1:
                    count = min(AT_ONCE, len(some)) * groups + SPARE
                    codes = _codes(of_row_class, coded.row_class, number * groups, count)
            group = number * groups
            unpack_groups(
                words[at * band // 64 :][: band // 64],
                coded.of_band,
                coded.length,
                codes[at * groups :],
                *tables,
                block,
                numbers,
                out.view(np.uint16)[group - start // 16 :] if whole else made,
            )
            if not whole:
                place_groups(made[: groups + 2], (rows, columns, size), group, part, low)
        if part is not out:
            with lock:
                out[(low - start) // 64 :][: len(part)] |= part

    spread(list(range(begin, end)), threads, run)
    if whole:
        out.view(np.uint16)[every - start // 16 :] = 0
    return out.view(np.uint8), start


def _codes(of_row_class: np.ndarray, row_class: np.ndarray, first: int, count: int) -> np.ndarray:
    """The codes of `count` groups from the first on, uint8; 0 for those behind the mask's last."""
    across = of_row_class.shape[1]
    row = first // across
    rows = of_row_class.take(row_class[row : -(-(first + count) // across)], axis=0)
    some = rows.reshape(-1)[first - row * across :][:count]
    return some if len(some) == count else np.append(some, np.zeros(count - len(some), dtype=np.uint8))
