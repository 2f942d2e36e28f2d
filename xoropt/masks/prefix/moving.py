"""Moved columns of a packed mask put back where they belong, 64 rows at a time."""

import numpy as np

__all__ = ["restore_columns"]


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
    from xoropt.codec.ranges import spread, threads_for
    from xoropt.codec.reader import aligned
    from xoropt.masks.prefix.kernels import move_columns

    columns = len(moved)
    lines = -(-columns // 512)
    stride = 8 * (lines | 1)  # an odd number of cache lines: rows that are taken together lie in different sets
    c = np.arange(columns)
    places = np.zeros(64 * stride, dtype=np.uint32)
    places[(c & 63) * stride + (c >> 6)] = (moved & 63) * stride + (moved >> 6)
    words = octets.view(np.uint64)
    out = np.empty(-(-rows * columns // 64), dtype=np.uint64)

    def run(some: list[int]) -> None:
        block, held = aligned(64 * stride), aligned(64 * stride)
        for row in some:  # 64 rows fill whole words
            few = min(64, rows - row)
            move_columns(words, at + row * columns, few, columns, stride, places, block, held, out, row * columns // 64)

    if columns:
        spread(list(range(0, rows, 64)), threads_for(jobs, 4 * rows * columns), run)
    return out.view(np.uint8)
