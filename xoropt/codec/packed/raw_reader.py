"""The compiled decoder of planes that are stored as they are: whole bytes are copied."""

import numpy as np

from xoropt.codec.compiled.reader import Reader

__all__ = ["raw_reader"]

TILE = 1 << 20
"""Weights of a tile: 128 KB a plane."""


def raw_reader(planes: np.ndarray) -> Reader:
    """Make the reader of planes, uint8 (planes, bytes), the bits of all weights, lowest bit first."""

    def origin(first: int) -> int:
        return first // 64 * 64

    def room(first: int, stop: int) -> int:
        return -(-(stop - origin(first)) // 64) + 1

    def cuts(first: int, stop: int) -> list[int]:
        return [first, *range(first // TILE * TILE + TILE, stop, TILE), stop]

    def direct(first: int, stop: int) -> int:
        return first if first % 64 else stop

    def fill(plane: int, first: int, stop: int, words: np.ndarray, start: int, stream: bool) -> None:
        some = planes[plane, first // 8 : -(-stop // 8)]
        words.view(np.uint8)[(first // 8 * 8 - start) // 8 :][: len(some)] = some

    return Reader(origin, room, cuts, direct, fill)
