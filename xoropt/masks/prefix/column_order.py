"""Moved columns of a packed mask put back where they belong, 64 rows at a time."""

from collections.abc import Callable

import numpy as np

__all__ = ["Move", "mover", "restore_columns"]

Move = Callable[[np.ndarray, int, int, np.ndarray], None]


def restore_columns(octets: np.ndarray, at: int, rows: int, moved: np.ndarray, jobs: int | None = None) -> np.ndarray:
    """The rows of a packed mask with every column in its place.

    Args:
        octets: uint8, packed, a multiple of 8 of them; the rows from bit `at` on, and 8 octets after the last.
        rows: how many.
        moved: int64 (columns,), where in these rows each column stands.
        jobs: threads; None: as many as are worth it.

    Returns:
        uint8, the rows from bit 0 on, zeros after them.
    """
    from xoropt.codec.compiled.threads import choose_threads, run_on_threads

    columns = len(moved)
    words, out = octets.view(np.uint64), np.empty(-(-rows * columns // 64), dtype=np.uint64)
    move = mover(moved)

    def run(some: list[int]) -> None:  # 64 rows fill whole words
        move(words, at + some[0] * columns, min(some[-1] + 64, rows) - some[0], out[some[0] * columns // 64 :])

    if len(out):
        run_on_threads(list(range(0, rows, 64)), choose_threads(jobs, 4 * rows * columns), run)
    return out.view(np.uint8)


def mover(moved: np.ndarray) -> Move:
    """A function that does as `restore_columns` does: words, at, rows, and where to write, uint64."""
    from xoropt.codec.compiled.reader import borrow, give_back
    from xoropt.masks.prefix.kernels import move_columns

    columns = len(moved)
    lines = -(-columns // 512)
    stride = 8 * (lines | 1)  # an odd number of cache lines: rows that are taken together lie in different sets
    c = np.arange(columns)
    places = np.zeros(64 * stride, dtype=np.uint32)
    places[(c & 63) * stride + (c >> 6)] = (moved & 63) * stride + (moved >> 6)

    def move(words: np.ndarray, at: int, rows: int, out: np.ndarray) -> None:
        spare = borrow(128 * stride)
        block, held = spare[: 64 * stride], spare[64 * stride :][: 64 * stride]
        move_columns(words, at, rows, columns, stride, places, block, held, out)
        give_back(spare)

    return move
