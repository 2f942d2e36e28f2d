"""From the plane of a prefix-coded mask to the mask's bits, by compiled loops, band by band."""

from collections.abc import Callable, Iterator
from threading import Lock

import numpy as np

from xoropt.codec.decoder import flips_of, reader_of
from xoropt.masks.prefix.lookup import Lookup
from xoropt.masks.prefix.stored import TILE, Coded

__all__ = ["AT_ONCE", "outputs_of", "scratch_of", "unpack"]

AT_ONCE = 8
"""Bands whose plane is decoded at once: 0.8 MB, which stay in the processor's cache."""

SPARE = 15
"""Groups behind those of a mask of few tiles, whose codes are read and whose symbols are written."""


Outputs = Callable[[list[int]], Iterator[tuple[int, np.ndarray, np.ndarray]]]


def outputs_of(coded: Coded, begin: int, end: int) -> Outputs:
    """Decodes the plane of a range of bands.

    Returns:
        A function that goes through some of them, one after the other, and yields a band's number, its outputs, uint64,
        and the codes of its groups, uint8, and of `SPARE` more; they are valid until the next.

    Raises:
        DecodeError: the plane's parts do not fit together.
    """
    from xoropt.codec.compiled.ranges import fill_planes
    from xoropt.codec.compiled.reader import borrow, give_back

    of_row_class = coded.code_of[:, coded.column_class]
    groups, band = TILE * coded.of_band, coded.of_band * coded.length * TILE  # of a band; its outputs
    planes, flips = reader_of(coded.encoded), flips_of(coded.encoded, begin * band, end * band)

    def outputs(some: list[int]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        batches = [(i, min(i + AT_ONCE, some[-1] + 1)) for i in range(some[0], some[-1] + 1, AT_ONCE)]
        held = borrow(max(planes.room(a * band, b * band) for a, b in batches) + 8)
        most = min(AT_ONCE, len(some)) * groups + SPARE + 2 * coded.across
        kept = borrow(-(-most // 8))
        codes = kept.view(np.uint8)[:most]
        codes[:] = 0
        for first, stop in batches:
            origin = fill_planes(planes, flips, first * band, stop * band, held[None])
            if len(coded.densities) > 1:
                count = (stop - first) * groups + SPARE
                codes = _codes(of_row_class, coded.row_class, first * groups, count, kept.view(np.uint8)[:most])
            for number in range(first, stop):
                words = held[(number * band - origin) // 64 :][: band // 64]
                yield number, words, codes[(number - first) * groups :]
        give_back(held)
        give_back(kept)

    return outputs


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
    from xoropt.codec.compiled.threads import choose_threads, run_on_threads
    from xoropt.masks.prefix.kernels import place_groups, unpack_groups

    rows, columns, across, size = coded.rows, coded.columns, coded.across, coded.size
    groups, every = TILE * coded.of_band, rows * across  # of a band, of the mask
    begin = first // columns * across // groups
    end = min(coded.bands, -(-(-(-stop // columns) * across) // groups))
    start = begin * groups * 16 if coded.whole else begin * groups // across * columns // 64 * 64
    last = end * groups * 16 if coded.whole else min(rows, (end * groups - 1) // across + 1) * columns
    out = np.zeros(-(-(last - start) // 64) + 4, dtype=np.uint64)
    outputs = outputs_of(coded, begin, end)
    lock, threads = Lock(), min(end - begin, choose_threads(jobs, 4 * (last - start)))

    def run(some: list[int]) -> None:
        scratch, made = scratch_of(), np.zeros(groups + SPARE, dtype=np.uint16)
        low, part = start, out
        if threads > 1 and not coded.whole:  # the threads share words at the ends of what they make
            low = some[0] * groups // across * columns // 64 * 64
            high = min(rows, ((some[-1] + 1) * groups - 1) // across + 1) * columns
            part = np.zeros(-(-(high - low) // 64) + 2, dtype=np.uint64)
        for number, words, codes in outputs(some):
            group = number * groups
            into = out.view(np.uint16)[group - start // 16 :] if coded.whole else made
            unpack_groups(words, coded.of_band, coded.length, codes, *tables, *scratch, into, None)
            if not coded.whole:
                place_groups(made[: groups + 2], (rows, columns, size), group, part, low)
        if part is not out:
            with lock:
                out[(low - start) // 64 :][: len(part)] |= part

    run_on_threads(list(range(begin, end)), threads, run)
    if coded.whole:
        out.view(np.uint16)[every - start // 16 :] = 0
    return out.view(np.uint8), start


def scratch_of() -> tuple[np.ndarray, np.ndarray]:
    """Working memory of `unpack_groups`."""
    from xoropt.common.memory import aligned

    return aligned(1024, np.uint32), aligned(512, np.uint32)


def _codes(of_row_class: np.ndarray, row_class: np.ndarray, first: int, count: int, held: np.ndarray) -> np.ndarray:
    """The codes of `count` groups from the first on, uint8; 0 for those behind the mask's last.

    They are written to `held`, which has room for them and two rows.
    """
    across = of_row_class.shape[1]
    row = first // across
    classes = row_class[row : -(-(first + count) // across)]
    end = len(classes) * across
    np.take(of_row_class, classes, axis=0, out=held[:end].reshape(len(classes), across), mode="clip")
    held[end:] = 0
    return held[first - row * across :][:count]
