"""The columns of a packed mask, moved back to their places 64 rows at a time."""

from collections.abc import Callable

import numpy as np

__all__ = ["ColumnMover", "column_mover", "restore_columns"]

ColumnMover = Callable[[np.ndarray, int, int, np.ndarray], None]
"""Moves the columns of some rows: gets words, uint64, the bit at which the rows begin, how many they are, and the words
to write to.
"""


def restore_columns(packed: np.ndarray, at: int, rows: int, places: np.ndarray, jobs: int | None = None) -> np.ndarray:
    """Move the columns of a packed mask back to their places.

    Args:
        packed: uint8, a multiple of 8 of them; the rows begin at bit `at`, and 8 bytes follow the last one.
        at: a bit.
        rows: how many.
        places: int64 (columns,), where in these rows each column stands.
        jobs: threads; None: chosen by the number of weights.

    Returns:
        uint8, the rows from bit 0 on, with zeros after them.
    """
    from xoropt.codec.compiled.threads import choose_threads, run_on_threads

    columns = len(places)
    words, out = packed.view(np.uint64), np.empty(-(-rows * columns // 64), dtype=np.uint64)
    move = column_mover(places)

    def run(firsts: list[int]) -> None:  # 64 rows fill whole words
        first, end = firsts[0], min(firsts[-1] + 64, rows)
        move(words, at + first * columns, end - first, out[first * columns // 64 :])

    if len(out):
        run_on_threads(list(range(0, rows, 64)), choose_threads(jobs, 4 * rows * columns), run)
    return out.view(np.uint8)


def column_mover(places: np.ndarray) -> ColumnMover:
    """Make a function that moves columns back, for rows that `places` describes as in `restore_columns`."""
    from xoropt.codec.compiled.reader import borrow, give_back
    from xoropt.masks.prefix.kernels import move_columns

    columns = len(places)
    lines = -(-columns // 512)
    stride = 8 * (lines | 1)  # an odd number of cache lines: rows that are taken together lie in different sets
    c = np.arange(columns)
    words_of = np.zeros(64 * stride, dtype=np.uint32)
    words_of[(c & 63) * stride + (c >> 6)] = (places & 63) * stride + (places >> 6)

    def move(words: np.ndarray, at: int, rows: int, out: np.ndarray) -> None:
        spare = borrow(128 * stride)
        block, moved = spare[: 64 * stride], spare[64 * stride :][: 64 * stride]
        move_columns(words, at, rows, columns, stride, words_of, block, moved, out)
        give_back(spare)

    return move
