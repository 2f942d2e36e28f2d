"""`Reader`: the compiled decoder of one encoding, which writes any range of a plane's weights as packed words."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import local
from typing import Any, NamedTuple

import numpy as np

from xoropt.common.memory import aligned

__all__ = ["Reader", "WideRows", "borrow", "give_back", "readonly"]

SPARE_WORDS, SPARES = 1 << 18, 4
"""Words of the largest working memory that is kept for the next call, 2 MB, and how many each thread keeps."""


class _Spare(local):
    """The working memory that a thread keeps: what another one has written lies in the cache of another core."""

    def __init__(self) -> None:
        self.arrays: deque[np.ndarray] = deque(maxlen=SPARES)


_SPARE = _Spare()


class WideRows(NamedTuple):
    """What compiled loops need to call `xoropt.codec.compiled.lanes512.kernels.fill_lanes512` themselves.

    Attributes:
        octets: uint8, the stored seed bits of each plane.
        tables: int64, the segments of each plane.
        order, placed: as `fill_lanes512` takes them.
        ends: the words at which the three parts of its working memory end.
    """

    octets: tuple[np.ndarray, ...]
    tables: tuple[np.ndarray, ...]
    order: tuple[int, int]
    placed: tuple[Any, ...]
    ends: tuple[int, int, int]


@dataclass(frozen=True)
class Reader:
    """A decoder of ranges: functions of a range's first weight and its end. Bit i is bit i % 64 of word i // 64.

    Attributes:
        origin: (first) → the weight, at most `first`, that becomes bit 0 when a range from `first` on is filled.
        room: (first, stop) → the words that `fill` writes, from the origin on.
        cuts: (first, stop) → weights, ascending, from `first` to `stop`, at which the range can be cut at little cost.
        direct: (first, stop) → the weight up to which the range, cut at `cuts`, can be filled piece by piece into the
            words of the result: each piece writes its own words and none beyond them. Only a range from its own origin
            on can; it is `first` for others.
        fill: (plane, first, stop, words, origin, stream) → None; writes the range. `origin` may be the origin of an
            earlier range. `stream` says whether to use streaming stores; then `words` begins at a multiple of 64 bytes.
        wide: what loops need that fill planes by themselves; None where the planes are not rows of 512 lanes.
    """

    origin: Callable[[int], int]
    room: Callable[[int, int], int]
    cuts: Callable[[int, int], list[int]]
    direct: Callable[[int, int], int]
    fill: Callable[[int, int, int, np.ndarray, int, bool], None]
    wide: WideRows | None = None


def readonly(array: np.ndarray) -> np.ndarray:
    """Return a contiguous, read-only view or copy.

    Arrays from files are read-only; with all of them alike, numba compiles a kernel once instead of twice.
    """
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def borrow(words: int) -> np.ndarray:
    """Borrow working memory for one thread: uninitialized uint64, at least `words`, at a multiple of 64 bytes.

    Memory that `give_back` kept is used again where it is large enough, since the system's work for fresh memory takes
    as long as decoding.
    """
    arrays = _SPARE.arrays
    for _ in range(len(arrays)):
        array = arrays.pop()
        if len(array) >= words:
            return array
        arrays.appendleft(array)
    return aligned(words)


def give_back(array: np.ndarray) -> None:
    """Give back what `borrow` returned; it must not be used any more, nor any view of it."""
    if len(array) <= SPARE_WORDS:
        _SPARE.arrays.append(array)  # the oldest is dropped where there are too many
