"""Products by tiles: a band of rows becomes floats in the cache, and the BLAS multiplies them there."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from threading import Lock

import numpy as np

from xoropt.codec.decoder import reader_of
from xoropt.model.compiled_weights import decode_rows, use_compiled
from xoropt.model.decompression import decompress_tensor
from xoropt.model.tensors import CompressedTensor, UncompressedTensor, shape_and_dtype

__all__ = ["Tile", "add_tiles", "multiply_tiles"]

TILE = 1 << 20
"""The number of weights that a tile holds, rounded to whole rows."""

Tile = tuple[int, int]
"""The first row of a tile and the row after its last."""


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

    def use(tile: Tile, weights: np.ndarray) -> None:
        np.matmul(weights, x, out=y[tile[0] : tile[1]])

    _each_tile(tensor, len(y), len(x), y.dtype, decoder, jobs, use)


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
    lock = Lock()

    def use(tile: Tile, weights: np.ndarray) -> None:
        made = weights.T @ x[tile[0] : tile[1]]
        with lock:
            y[...] += made

    _each_tile(tensor, len(x), len(y), y.dtype, decoder, jobs, use)


def _each_tile(tensor, rows, columns, kind, decoder, jobs, use) -> None:  # type: ignore[no-untyped-def]
    """Call `use` with every tile of rows and its weights, (rows, columns) of the dtype `kind`, on some threads."""
    if isinstance(tensor, UncompressedTensor):
        for part in _row_tiles(rows, columns):
            use((part.start, part.stop), _as_kind(tensor.array[part].reshape(-1, columns), kind))
        return
    if not use_compiled(tensor, decoder, 0, rows * columns):
        for part in _row_tiles(rows, columns):
            weights = decompress_tensor(tensor, decoder, rows=part, jobs=jobs)
            use((part.start, part.stop), _as_kind(weights.reshape(-1, columns), kind))
        return
    from xoropt.codec.compiled.threads import choose_threads, run_on_threads

    dtype = shape_and_dtype(tensor)[1]
    bands = [*_bands(tensor, rows, columns)]

    def run(some: list[Tile]) -> None:
        room = np.empty(max(b - a for a, b in some) * columns, dtype=dtype)
        for a, b in some:
            tile = room[: (b - a) * columns]
            decode_rows(tensor, slice(a, b), a * columns, b * columns, 1, tile)
            use((a, b), _as_kind(tile.reshape(b - a, columns), kind))

    threads = choose_threads(jobs, 4 * rows * columns)
    with _single_blas() if threads > 1 else nullcontext():  # the bands are the parallelism
        run_on_threads(bands, threads, run)


def _bands(tensor: CompressedTensor, rows: int, columns: int) -> Iterator[Tile]:
    """Yield bands of rows that the compiled decoder makes at little cost."""
    start = 0
    for cut in reader_of(tensor.encoded).cuts(0, rows * columns)[1:-1]:
        if cut // columns > start:
            yield start, cut // columns
            start = cut // columns
    if start < rows:
        yield start, rows


def _as_kind(weights: np.ndarray, kind: np.dtype) -> np.ndarray:
    """Return weights in another dtype; bfloat16 to float32 by its bits, which are the upper half."""
    if weights.dtype.name == "bfloat16" and kind == np.float32:
        return np.left_shift(weights.view(np.uint16), np.uint32(16), dtype=np.uint32).view(np.float32)
    return weights.astype(kind, copy=False)


def _row_tiles(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of rows of about `TILE` weights."""
    step = max(1, TILE // max(1, columns))
    for first in range(0, rows, step):
        yield slice(first, min(rows, first + step))


def _single_blas() -> AbstractContextManager[object]:
    """Return a context in which the BLAS runs on the thread that calls it alone."""
    return _blas().limit(limits=1)


@cache
def _blas():  # type: ignore[no-untyped-def]
    """Find the BLAS libraries that are loaded."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
