"""Products by tiles: a band of rows becomes floats in the cache, which compiled loops, or the BLAS, multiply there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from threading import Lock

import numpy as np

from xoropt.codec.decoder import flips_of, reader_of
from xoropt.linear.bands import Band, band_masks, band_rows
from xoropt.linear.vector_groups import group_vectors
from xoropt.model.compiled_weights import use_compiled, writer_of
from xoropt.model.decompression import decompress_tensor
from xoropt.model.tensors import CompressedTensor, UncompressedTensor

__all__ = ["add_tiles", "multiply_tiles"]

TILE = 1 << 20
"""The number of weights that a tile of the NumPy decoder holds, rounded to whole rows."""

CACHED, SHARED = 1 << 17, 1 << 19
"""The number of weights that a tile of the compiled decoder holds, rounded to whole rows, for a vector and for several.

The first is half a megabyte of float32, which stays in the second-level cache. The second is two, over which calls and
the BLAS's own preparations are spread."""


def multiply_tiles(
    tensor: CompressedTensor | UncompressedTensor, x: np.ndarray, y: np.ndarray, decoder: str, jobs: int | None
) -> None:
    """Multiply, y = W·x.

    Args:
        tensor: as a matrix of its first axis by all others.
        x: (columns, vectors) or (columns,), of the dtype of y.
        y: out, (rows, vectors) or (rows,), float32 or float64.
        decoder, jobs: as for `xoropt.decode`.

    Raises:
        DecodeError: the tensor's parts do not fit together.
    """
    vectors = x.size // max(1, len(x))
    if isinstance(tensor, CompressedTensor) and _takes_loops(tensor, x, y, decoder):
        _each_tile(tensor, len(y), len(x), y.dtype, decoder, jobs, _loops(x, y), vectors, True)
        return

    def use(tile: Band, weights: np.ndarray) -> None:
        np.matmul(weights, x, out=y[tile[0] : tile[1]])

    _each_tile(tensor, len(y), len(x), y.dtype, decoder, jobs, use, vectors)


def _takes_loops(tensor: CompressedTensor, x: np.ndarray, y: np.ndarray, decoder: str) -> bool:
    """Return whether the loops of `xoropt.linear.kernels` can multiply, which are faster than the BLAS on tiles."""
    if y.dtype != np.float32 or not x.size:
        return False
    if not use_compiled(tensor, decoder, 0, len(y) * len(x)):
        return False
    from xoropt.linear.vectors import has_permutation

    return has_permutation()


def _loops(x: np.ndarray, y: np.ndarray) -> Callable[[Band, np.ndarray], None]:
    """Make a function that multiplies a tile of float32 or bfloat16 by these vectors."""
    from xoropt.linear.kernels import multiply_numbers

    groups, into = group_vectors(x.reshape(len(x), -1), in_quarters=False), y.reshape(len(y), -1)

    def use(tile: Band, weights: np.ndarray) -> None:
        numbers = weights.reshape(-1)
        numbers = numbers if numbers.dtype == np.float32 else numbers.view(np.uint16)
        rest = np.zeros(128, dtype=numbers.dtype)
        for first, stop, size, packed in groups:
            sums = np.zeros((len(weights), size), dtype=np.float32)
            multiply_numbers(numbers, packed, (0,) * size, sums.reshape(-1), rest)
            into[slice(*tile), first:stop] = sums[:, : stop - first]

    return use


def add_tiles(
    tensor: CompressedTensor | UncompressedTensor, x: np.ndarray, y: np.ndarray, decoder: str, jobs: int | None
) -> None:
    """Multiply from the other side, y = Wᵀ·x.

    Args:
        tensor, decoder, jobs: as for `multiply_tiles`.
        x: (rows, vectors) or (rows,), of the dtype of y.
        y: out, (columns, vectors) or (columns,), float32 or float64.

    Raises:
        DecodeError: the tensor's parts do not fit together.
    """
    y[...] = 0
    lock, vectors = Lock(), x.size // max(1, len(x))

    def use(tile: Band, weights: np.ndarray) -> None:
        made = weights.T @ x[tile[0] : tile[1]]
        with lock:
            y[...] += made

    _each_tile(tensor, len(x), len(y), y.dtype, decoder, jobs, use, vectors)


def _each_tile(tensor, rows, columns, kind, decoder, jobs, use, vectors, halves=False) -> None:  # type: ignore[no-untyped-def]
    """Call `use` with every tile of rows and its weights, (rows, columns) of the dtype `kind`, on some threads.

    With `halves`, bfloat16 weights stay what they are.
    """
    if isinstance(tensor, UncompressedTensor):
        for part in _row_tiles(0, rows, columns, TILE):
            use(part, _as_kind(tensor.array[slice(*part)].reshape(-1, columns), kind))
        return
    if not use_compiled(tensor, decoder, 0, rows * columns):
        for part in _row_tiles(0, rows, columns, TILE):
            weights = decompress_tensor(tensor, decoder, rows=slice(*part), jobs=jobs)
            use(part, _as_kind(weights.reshape(-1, columns), kind))
        return
    from xoropt.codec.compiled.threads import choose_threads, run_on_threads

    threads = choose_threads(jobs, 4 * rows * columns)
    with _single_blas() if threads > 1 else nullcontext():  # the bands are the parallelism
        run_on_threads(
            band_rows(tensor, rows, columns),
            threads,
            lambda some: _each_of_bands(tensor, columns, some, kind, use, vectors, halves),
        )


def _each_of_bands(tensor, columns, bands, kind, use, vectors, halves) -> None:  # type: ignore[no-untyped-def]
    """Call `use` with every tile of some bands: a band is decoded to bits, and a tile of it at a time to numbers."""
    from xoropt.codec.compiled.kernels import read_octets
    from xoropt.codec.compiled.ranges import fill_planes, words_per_plane
    from xoropt.codec.compiled.reader import borrow, give_back, readonly
    from xoropt.codec.compiled.writers import SPARE_WORDS
    from xoropt.common.memory import aligned

    reader, dtype, planes = reader_of(tensor.encoded), tensor.levels.dtype, len(tensor.encoded.seeds)
    stride = words_per_plane(reader, [(a * columns, b * columns) for a, b in bands])
    masked = max(b - a for a, b in bands) * columns // 64 + 24
    spare = borrow(SPARE_WORDS + (planes + 1) * stride + masked)
    read_mask = band_masks(tensor, columns, bands)
    most = CACHED if vectors <= 1 else SHARED
    room = [aligned(max(columns, most), one) for one in (dtype, kind)]
    for a, b in bands:
        first, stop = a * columns, b * columns
        writer, plane = writer_of(tensor, slice(a, b), first, stop)
        flips = flips_of(tensor.encoded, first, stop)[plane:]
        held = spare[SPARE_WORDS:][: (len(flips) + 1) * stride].reshape(-1, stride)
        held[-1] = 0
        origin = fill_planes(reader, flips, first, stop, held, plane)
        octets, begin = read_mask(a, b)
        kept, mask_at = spare[SPARE_WORDS + (planes + 1) * stride :], (first - begin) % 8
        if octets is not None:
            read_octets(readonly(octets), first - begin, stop - first, kept)
        for c, d in _row_tiles(a, b, columns, most):
            at, end = c * columns, d * columns
            tile = room[0][: end - at]
            where = held, at - origin, kept, mask_at + at - first, octets is not None, at, end
            writer.write(*where, spare[:SPARE_WORDS], tile.view(writer.dtype), at, False)
            if not (halves and dtype.name == "bfloat16"):
                tile = _as_kind(tile, kind, room[1][: end - at])
            use((c, d), tile.reshape(d - c, columns))
    give_back(spare)


def _as_kind(weights: np.ndarray, kind: np.dtype, room: np.ndarray | None = None) -> np.ndarray:
    """Return weights in another dtype, in `room` where it is given and they have to be converted."""
    if weights.dtype == kind:
        return weights
    if room is None:
        return weights.astype(kind)
    if weights.dtype.name == "bfloat16" and kind == np.float32:
        from xoropt.linear.kernels import widen

        widen(weights.view(np.uint16), room.view(np.uint32))
    else:
        room[...] = weights
    return room


def _row_tiles(first: int, stop: int, columns: int, weights: int) -> Iterator[Band]:
    """Yield ranges of rows of at most so many weights, or single rows."""
    step = max(1, weights // max(1, columns))
    for row in range(first, stop, step):
        yield row, min(stop, row + step)


def _single_blas() -> AbstractContextManager[object]:
    """Return a context in which the BLAS runs on the thread that calls it alone."""
    return _blas().limit(limits=1)


@cache
def _blas():  # type: ignore[no-untyped-def]
    """Find the BLAS libraries that are loaded."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
