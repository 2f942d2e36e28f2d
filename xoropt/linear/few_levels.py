"""Products of weights with at most 64 levels: bits become weights in registers, and never are floats in memory.

A word of the mask and of each plane make the codes of 64 weights, one instruction for each word; four instructions look
their levels up in a register, and four multiply and add. Levels of rows are the table of their row. Every weight is
exact and every product is rounded with the sum, so the result differs from the exact one by at most n·2⁻²⁴·Σ|w·x| or
so, n the weights of a row (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1), as BLAS's does.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np

from xoropt.linear.batches import RowBatches, open_batches
from xoropt.linear.vector_groups import VectorGroup, group_vectors
from xoropt.model.compiled_weights import levels_of, use_compiled
from xoropt.model.tensors import CompressedTensor
from xoropt.quantize.levels import Codebook, CodedField, Levels, Scales, level_table

__all__ = ["add_few_levels", "multiply_few_levels", "suits_few_levels"]

MOST_PLANES = 6
"""Planes whose levels four registers of 16 numbers hold."""

IN_REGISTERS = 4
"""The most planes whose levels are looked up anew for every eight vectors; those of more are written to the cache."""

TILE = 1 << 17
"""Weights that are written at once, half a megabyte."""


def suits_few_levels(tensor: CompressedTensor, decoder: str) -> bool:
    """Return whether a tensor has few enough levels, all finite, and the processor the instructions."""
    planes, levels = len(tensor.encoded.seeds), tensor.levels
    if planes > MOST_PLANES or not use_compiled(tensor, decoder, 0, tensor.encoded.outputs):
        return False
    from xoropt.linear.vectors import has_permutation

    return has_permutation() and not len(tensor.listed.at) and _has_finite_levels(levels)


def _has_finite_levels(levels: Levels) -> bool:
    """Return whether all levels are finite numbers, and there is a table of them."""
    if isinstance(levels, Scales):
        import ml_dtypes

        largest = float(ml_dtypes.finfo(levels.dtype).max)
        with np.errstate(invalid="ignore", over="ignore"):
            return bool((np.abs(levels.alpha.astype(np.float64)).sum(axis=0) < 0.99 * largest).all())
    if isinstance(levels, CodedField) and (levels.form.raw_bits or levels.fill):
        return False
    values = level_table(levels, MOST_PLANES) if isinstance(levels, Codebook) else level_table(levels, 0)
    return bool(np.isfinite(values.astype(np.float32)).all())


def _tables(tensor: CompressedTensor) -> Callable[[int, int], np.ndarray]:
    """Make a function that gets a range of rows and returns the levels of all of them, or of each, float32, flat.

    They are the tables of `xoropt.linear.vectors.weights_at`.
    """
    planes = len(tensor.encoded.seeds)
    first, width = 8 if planes < 4 else 0, max(16, 1 << planes)

    def tables(levels: Levels) -> np.ndarray:
        table = level_table(levels, planes)
        made = np.zeros((len(table), width), dtype=np.float32)
        made[:, first : first + table.shape[1]] = table
        return made.reshape(-1)

    if levels_of(tensor, slice(0, 0)) is not tensor.levels:  # rows have their own
        return lambda a, b: tables(levels_of(tensor, slice(a, b)))
    common = tables(tensor.levels)
    return lambda a, b: common


def multiply_few_levels(
    tensor: CompressedTensor, x: np.ndarray, y: np.ndarray, jobs: int | None = None, cache: str = "none"
) -> None:
    """Multiply, y = W·x.

    Args:
        tensor: one that `suits_few_levels`, as a matrix of its first axis by all others.
        x: float32 (columns, vectors), finite.
        y: out, float32 (rows, vectors).
        jobs: threads; None: one for each core, where that pays.
        cache: one of `xoropt.linear.band_words.CACHES`.

    Raises:
        DecodeError: the tensor's parts do not fit together.
    """
    from xoropt.codec.compiled.threads import choose_threads, run_on_threads
    from xoropt.common.memory import aligned
    from xoropt.linear.band_words import Words, open_bands
    from xoropt.linear.kernels import multiply_numbers, multiply_rows, write_rows

    columns, rows = len(x), len(y)
    blocks = -(-columns // 64)
    groups = group_vectors(x, in_quarters=True)
    threads, tables_of = choose_threads(jobs, 4 * rows * columns), _tables(tensor)
    batched = open_batches(tensor, rows, columns) if cache == "none" and len(groups) == 1 else None
    if batched is not None:
        _multiply_batches(batched, tables_of(0, rows), groups[0], y, threads)
        return
    opened = open_bands(tensor, rows, columns, cache)

    def use(a: int, b: int, words: Words) -> None:
        tables = tables_of(a, b)
        if len(words) > IN_REGISTERS + 1 and x.shape[1] > 1:
            use_tiles(a, b, words, tables)
            return
        for first, stop, size, numbers in groups:
            sums = np.zeros((b - a, size), dtype=np.float32)
            multiply_rows(words, tables, blocks, numbers, (0,) * size, sums.reshape(-1))
            y[a:b, first:stop] = sums[:, : stop - first]

    def use_tiles(a: int, b: int, words: Words, tables: np.ndarray) -> None:
        step = max(1, TILE // (64 * blocks))
        room, rest = aligned(step * blocks * 64, np.float32), np.zeros(128, dtype=np.float32)
        for c in range(0, b - a, step):
            d = min(b - a, c + step)
            tile = room[: (d - c) * blocks * 64]
            write_rows(words, tables, blocks, c, d, tile)
            for first, stop, size, numbers in groups:
                sums = np.zeros((d - c, size), dtype=np.float32)
                multiply_numbers(tile, numbers, (0,) * size, sums.reshape(-1), rest)
                y[a + c : a + d, first:stop] = sums[:, : stop - first]

    run_on_threads(opened.bands, threads, lambda some: opened.words(some, use))


def _multiply_batches(opened: RowBatches, levels: np.ndarray, group: VectorGroup, y: np.ndarray, threads: int) -> None:
    """Multiply as `multiply_few_levels` does, a group of vectors, batch by batch; `levels` are those of all rows."""
    from xoropt.codec.compiled.threads import run_on_threads
    from xoropt.linear.kernels import multiply_batches

    def use(some: np.ndarray, *decoded: Any) -> None:
        first, stop = some[0, 0], some[-1, 1]
        sums = np.zeros((stop - first, group.size), dtype=np.float32)
        into = sums.reshape(-1)
        multiply_batches(*(some, *decoded, levels, group.numbers, (0,) * group.size, into))
        y[first:stop] = sums[:, : y.shape[1]]

    run_on_threads(opened.batches, threads, lambda some: opened.run(some, use))


def _add_batches(opened: RowBatches, levels: np.ndarray, factors: np.ndarray, whole: np.ndarray, threads: int) -> None:
    """Add rows as `add_few_levels` does, batch by batch, to `whole`."""
    from xoropt.codec.compiled.threads import run_on_threads
    from xoropt.linear.kernels import add_batches

    lock = Lock()

    def use(some: np.ndarray, *decoded: Any) -> None:
        sums = np.zeros_like(whole)
        add_batches(*(some, *decoded, levels, factors, sums))
        with lock:
            whole[...] += sums

    run_on_threads(opened.batches, threads, lambda some: opened.run(some, use))


def add_few_levels(
    tensor: CompressedTensor, x: np.ndarray, y: np.ndarray, jobs: int | None = None, cache: str = "none"
) -> None:
    """Multiply from the other side, y = Wᵀ·x.

    Args:
        tensor, jobs, cache: as for `multiply_few_levels`.
        x: float32 (rows, vectors), finite.
        y: out, float32 (columns, vectors).

    Raises:
        DecodeError: the tensor's parts do not fit together.
    """
    from xoropt.codec.compiled.threads import choose_threads, run_on_threads
    from xoropt.linear.band_words import Words, open_bands
    from xoropt.linear.kernels import add_rows

    (rows, vectors), columns = x.shape, len(y)
    blocks = -(-columns // 64)
    factors = np.ascontiguousarray(x.T)
    tables_of, threads = _tables(tensor), choose_threads(jobs, 4 * rows * columns)
    whole, lock = np.zeros((vectors, blocks * 64), dtype=np.float32), Lock()

    def run(some: list[tuple[int, int]]) -> None:
        sums = np.zeros((vectors, blocks * 64), dtype=np.float32)

        def use(a: int, b: int, words: Words) -> None:
            tables = tables_of(a, b)
            for v in range(vectors):
                add_rows(words, tables, blocks, factors[v, a:b], sums[v])

        opened.words(some, use)
        with lock:
            whole[...] += sums

    batched = open_batches(tensor, rows, columns) if cache == "none" else None
    if batched is not None:
        _add_batches(batched, tables_of(0, rows), factors, whole, threads)
    else:
        opened = open_bands(tensor, rows, columns, cache)
        run_on_threads(opened.bands, threads, run)
    y[...] = whole.reshape(vectors, -1, 4, 16).swapaxes(2, 3).reshape(vectors, -1)[:, :columns].T
