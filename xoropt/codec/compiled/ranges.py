"""Compiled decoding of a range of planes or weights: a `Reader` makes it tile by tile, on threads where that pays."""

from itertools import pairwise

import numpy as np

from xoropt.codec.compiled.kernels import read_octets
from xoropt.codec.compiled.reader import Reader, borrow, give_back, readonly
from xoropt.codec.compiled.threads import choose_threads, run_on_threads
from xoropt.codec.compiled.writers import SPARE_WORDS, WeightTable, Writer
from xoropt.common.memory import address, aligned
from xoropt.common.words.kernels import flip_bits, put_bits

__all__ = [
    "decode_bits",
    "decode_planes",
    "decode_weights",
    "fill_planes",
    "use_streaming_stores",
    "words_per_plane",
]

STREAM_BYTES = 1 << 24
"""Bytes of output from which it is written with streaming stores.

They bypass the caches, which so much output would only flush; a smaller one stays there for its reader.
"""


def decode_planes(
    reader: Reader, flips: list[np.ndarray], first: int, stop: int, jobs: int | None, out: np.ndarray | None = None
) -> np.ndarray:
    """Decode the weights first … stop − 1 of every plane, packed.

    Args:
        reader: the reader of the encoding.
        flips: the weights to flip in each plane, int64, ascending, at least those in the range.
        first, stop: the range.
        jobs: the most threads; None: one for each core, where that pays.
        out: where to write, C-contiguous; None: a new array.

    Returns:
        uint64 (planes, ⌈(stop − first)/64⌉), with zeros after the last weight.
    """
    planes, size = len(flips), stop - first
    words = -(-size // 64)
    if out is None:
        stride = -(-words // 8) * 8
        out = aligned(planes * stride).reshape(planes, stride)[:, :words]
    direct, threads = reader.direct(first, stop), choose_threads(jobs, planes * size // 8)
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

        run_on_threads([(p, a, b) for p in range(planes) for a, b in pairwise(cuts)], threads, run)
    if direct < stop:  # the rest does not begin or end at whole words of `out`
        _decode_moved(reader, direct, stop, out, first, threads)
    if size % 64:
        out[:, -1] &= np.uint64((1 << size % 64) - 1)
    for p, at in enumerate(flips):
        if len(at):
            flip_bits(out[p], at, first, stop, first)
    return out


def _decode_moved(reader: Reader, begin: int, stop: int, out: np.ndarray, first: int, threads: int) -> None:
    """Decode the weights begin … stop − 1 of every plane, tile by tile, and move them to bits begin − first … of `out`.

    Neighbouring tiles share a word, so one thread makes all tiles of a plane.
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

    run_on_threads(list(range(len(out))), threads, run)


def words_per_plane(reader: Reader, ranges: list[tuple[int, int]]) -> int:
    """Return the words that one plane of any of these ranges takes: whole vectors, and one more that may be read."""
    return -(-max((reader.room(a, b) for a, b in ranges), default=0) // 8) * 8 + 8


def fill_planes(
    reader: Reader, flips: list[np.ndarray], first: int, stop: int, held: np.ndarray, plane: int = 0
) -> int:
    """Write the weights first … stop − 1 of some planes, with their patches applied, to the rows of `held`, uint64.

    Args:
        reader, flips, first, stop: as for `decode_planes`; there are as many planes as `flips` has items.
        held: uint64 (planes, words), see `words_per_plane`.
        plane: the first plane.

    Returns:
        The weight that became bit 0.
    """
    origin = reader.origin(first)
    for p, at in enumerate(flips):
        reader.fill(plane + p, first, stop, held[p], origin, False)
        if len(at):
            flip_bits(held[p], at, first, stop, origin)
    return origin


def use_streaming_stores(out: np.ndarray, first: int) -> bool:
    """Return whether to write the weights from `first` on with streaming stores: many, and 64 to whole cache lines."""
    return out.nbytes > STREAM_BYTES and (address(out) - first * out.itemsize) % 64 == 0


def decode_weights(
    reader: Reader,
    flips: list[np.ndarray],
    mask: np.ndarray | None,
    mask_first: int,
    writer: Writer,
    first: int,
    stop: int,
    jobs: int | None,
    out: np.ndarray | None = None,
    plane: int = 0,
) -> np.ndarray:
    """Decode the weights first … stop − 1, tile by tile, so that planes and mask are in the cache when they meet.

    Args:
        reader, flips, first, stop, jobs: as for `decode_planes`.
        mask: uint8, packed, weight w at bit w − mask_first; None: every weight is kept.
        mask_first: the weight of bit 0 of `mask`.
        writer: makes weights of planes.
        out: where to write, C-contiguous, (stop − first,) of the writer's dtype; None: a new array.
        plane: the first plane; there are as many planes as `flips` has items.

    Returns:
        The weights, (stop − first,) of the writer's dtype.
    """
    planes, size = len(flips), stop - first
    octets = None if mask is None else readonly(mask)
    if out is None:
        out = aligned(size, writer.dtype, first)
    stream = use_streaming_stores(out, first)
    tasks = list(pairwise(reader.cuts(first, stop))) if size else []

    def run(some: list[tuple[int, int]]) -> None:
        stride = words_per_plane(reader, some)
        masked = 8 if octets is None else max(b - a for a, b in some) // 64 + 24
        begin = SPARE_WORDS + (planes + 1) * stride
        spare = borrow(begin + masked)
        held, kept = spare[SPARE_WORDS:begin].reshape(planes + 1, stride), spare[begin:]
        held[planes] = 0
        for a, b in some:
            origin = fill_planes(reader, flips, a, b, held, plane)
            mask_at = a - mask_first
            if octets is not None:
                read_octets(octets, mask_at, b - a, kept)
            some_spare = spare[:SPARE_WORDS]
            writer.write(held, a - origin, kept, mask_at % 8, octets is not None, a, b, some_spare, out, first, stream)
        give_back(spare)

    if tasks:
        run_on_threads(tasks, choose_threads(jobs, out.nbytes), run)
    return out


def decode_bits(
    reader: Reader, flips: list[np.ndarray], first: int, stop: int, jobs: int | None, out: np.ndarray | None = None
) -> np.ndarray:
    """Decode the weights first … stop − 1 of every plane: bool (planes, stop − first); see `decode_planes`."""
    if out is None:
        out = np.empty((len(flips), stop - first), dtype=bool)
    table = WeightTable(np.array([[0, 1]], dtype=np.uint8), 1)
    for p, row in enumerate(out):
        decode_weights(reader, flips[p : p + 1], None, 0, table, first, stop, jobs, row.view(np.uint8), plane=p)
    return out
