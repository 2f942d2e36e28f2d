"""Ranges of an encoding's planes and weights, made by a `Reader`, on several threads where there is enough to do."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from xoropt.codec.compiled.kernels import read_octets
from xoropt.codec.compiled.reader import Reader, borrow, give_back, readonly
from xoropt.codec.compiled.weights.kernels import expand
from xoropt.common.memory import address, aligned
from xoropt.common.words.kernels import flip_bits, put_bits

__all__ = [
    "bits_of",
    "cores",
    "fill_planes",
    "plane_words",
    "planes_of",
    "spread",
    "streams",
    "threads_for",
    "weights_of",
]

STREAM_BYTES = 1 << 24
"""Output beyond which it is written past the caches, which it would only flush; less stays there for its reader."""
WORK = 1 << 23
"""Bytes of output that are worth a further thread."""


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_for(jobs: int | None, octets: int) -> int:
    """As many threads as so many bytes of output are worth."""
    most = octets // WORK
    return 1 if most < 2 else max(1, min(cores() if jobs is None else jobs, most))


def spread(tasks: list, threads: int, run: Callable[[list], None]) -> None:
    """Run tasks on some threads, neighbouring ones on the same; the kernels do not hold the interpreter's lock."""
    threads = min(threads, len(tasks))
    if threads <= 1:
        run(tasks)
        return
    bounds = [len(tasks) * i // threads for i in range(threads + 1)]
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(run, tasks[a:b]) for a, b in pairwise(bounds[1:])]
        run(tasks[: bounds[1]])
        for other in others:
            other.result()


def planes_of(
    reader: Reader, flips: list[np.ndarray], first: int, stop: int, jobs: int | None, out: np.ndarray | None = None
) -> np.ndarray:
    """Weights first … stop − 1 of every plane, packed: uint64 (planes, ⌈(stop − first)/64⌉), zeros after the last.

    Args:
        reader: of the encoding.
        flips: for each plane the weights to flip, those in the range at least, int64, ascending.
        jobs: threads; None: as many as are worth it.
        out: where to write, C-contiguous; None: a new array.
    """
    planes, size = len(flips), stop - first
    words = -(-size // 64)
    if out is None:
        stride = -(-words // 8) * 8
        out = aligned(planes * stride).reshape(planes, stride)[:, :words]
    direct, threads = reader.direct(first, stop), threads_for(jobs, planes * size // 8)
    if direct > first:
        cuts = [first, direct] if threads == 1 else reader.cuts(first, direct)
        stream = planes * size > 8 * STREAM_BYTES

        def run(some: list[tuple[int, int, int]]) -> None:
            k = 0
            while k < len(some):
                p, a, b = some[k]
                k += 1
                while k < len(some) and some[k][:2] == (p, b):  # neighbouring ranges of a plane in one call
                    b, k = some[k][2], k + 1
                row = out[p]
                reader.fill(p, a, b, row, first, stream and address(row) % 64 == 0)

        spread([(p, a, b) for p in range(planes) for a, b in pairwise(cuts)], threads, run)
    if direct < stop:  # what is left does not fill whole words of the caller's, or does not begin at one
        _move(reader, direct, stop, out, first, threads)
    if size % 64:
        out[:, -1] &= np.uint64((1 << size % 64) - 1)
    for p, at in enumerate(flips):
        if len(at):
            flip_bits(out[p], at, first, stop, first)
    return out


def _move(reader: Reader, begin: int, stop: int, out: np.ndarray, first: int, threads: int) -> None:
    """Weights begin … stop − 1 of every plane, tile by tile, to bits begin − first … of its words.

    Neighbouring tiles share a word, so that a plane's are made on one thread.
    """
    tiles = list(pairwise(reader.cuts(begin, stop)))
    room = max(reader.room(a, b) for a, b in tiles) + 1

    def run(some: list[int]) -> None:
        held = borrow(room)
        for p in some:
            for a, b in tiles:
                origin = reader.origin(a)
                reader.fill(p, a, b, held, origin, False)
                put_bits(held, a - origin, b - a, out[p], a - first)
        give_back(held)

    spread(list(range(len(out))), threads, run)


def plane_words(reader: Reader, ranges: list[tuple[int, int]]) -> int:
    """Words to hold a plane of any of these ranges: whole machine vectors, and one more, as a word is read beyond."""
    return -(-max((reader.room(a, b) for a, b in ranges), default=0) // 8) * 8 + 8


def fill_planes(
    reader: Reader, flips: list[np.ndarray], first: int, stop: int, held: np.ndarray, plane: int = 0
) -> int:
    """Write weights first … stop − 1 of planes `plane`, …, flipped, to the rows of `held`, uint64; bit 0's weight."""
    origin = reader.origin(first)
    for p, at in enumerate(flips):
        reader.fill(plane + p, first, stop, held[p], origin, False)
        if len(at):
            flip_bits(held[p], at, first, stop, origin)
    return origin


def streams(out: np.ndarray, first: int) -> bool:
    """Whether weights from weight `first` on, flat, are written past the caches: many, a cache line every 64."""
    return out.nbytes > STREAM_BYTES and (address(out) - first * out.itemsize) % 64 == 0


def weights_of(
    reader: Reader,
    flips: list[np.ndarray],
    mask: np.ndarray | None,
    mask_first: int,
    table: np.ndarray,
    row_length: int,
    first: int,
    stop: int,
    jobs: int | None,
    out: np.ndarray | None = None,
    plane: int = 0,
) -> np.ndarray:
    """Weights first … stop − 1, tile by tile, so that planes and mask are in the cache when they meet.

    Args:
        reader, flips, jobs: as for `planes_of`.
        mask: uint8, packed, weight w at bit w − mask_first; None: every weight is kept.
        table: unsigned integers (rows, 2^planes): the weight for every code, for each row of `row_length` weights or
            for all.
        out: where to write, C-contiguous, (stop − first,) of the table's dtype; None: a new array.
        plane: the first plane; there are as many as `flips` has.
    """
    planes, size = len(flips), stop - first
    octets = None if mask is None else readonly(mask)
    if out is None:
        out = aligned(size, table.dtype, first)
    stream = streams(out, first)
    tasks = list(pairwise(reader.cuts(first, stop))) if size else []

    def run(some: list[tuple[int, int]]) -> None:
        stride = plane_words(reader, some)
        masked = 8 if octets is None else max(b - a for a, b in some) // 64 + 24
        spare = borrow(72 + planes * stride + masked)
        codes, tile = spare[:8].view(np.uint8), spare[8:72].view(table.dtype)
        held, kept = spare[72 : 72 + planes * stride].reshape(planes, stride), spare[72 + planes * stride :]
        for a, b in some:
            origin = fill_planes(reader, flips, a, b, held, plane)
            mask_at = a - mask_first
            if octets is not None:
                read_octets(octets, mask_at, b - a, kept)
            expand(
                held,
                a - origin,
                kept,
                mask_at % 8,
                octets is not None,
                table,
                row_length,
                a,
                b,
                codes,
                tile,
                out,
                first,
                stream,
            )
        give_back(spare)

    if tasks:
        spread(tasks, threads_for(jobs, out.nbytes), run)
    return out


def bits_of(
    reader: Reader, flips: list[np.ndarray], first: int, stop: int, jobs: int | None, out: np.ndarray | None = None
) -> np.ndarray:
    """Weights first … stop − 1 of every plane, bool (planes, stop − first); arguments as for `planes_of`."""
    if out is None:
        out = np.empty((len(flips), stop - first), dtype=bool)
    table = np.array([[0, 1]], dtype=np.uint8)
    for p, row in enumerate(out):
        weights_of(reader, flips[p : p + 1], None, 0, table, 1, first, stop, jobs, row.view(np.uint8), plane=p)
    return out
