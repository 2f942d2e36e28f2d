"""`Reader`: a compiled decoder's view of an encoding: any range of a plane's weights, written as packed words."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xoropt.common.memory import aligned

__all__ = ["Reader", "borrow", "give_back", "readonly"]

SPARE_WORDS, SPARES = 1 << 18, 8
"""The largest piece of working memory that is kept for the next call, 2 MB, and how many are."""

_spare: deque[np.ndarray] = deque(maxlen=SPARES)


@dataclass(frozen=True)
class Reader:
    """Packed weights on demand. Bit i of a range is bit i % 64 of word i // 64.

    Attributes:
        origin: the weight, at most `first`, that becomes bit 0 when a range is filled that begins at weight `first`.
        room: words that a range from `origin(first)` up to `stop` takes.
        cuts: for a range, ascending weights, its ends included, where it can be cut at little cost.
        direct: for a range, the weight up to which it can be filled in pieces, cut at `cuts`, into the caller's own
            words: each piece writes its own words and none beyond their end; `first` where that is not its own origin.
        fill: (plane, first, stop, words, origin, stream): writes the range; `origin` may be that of an earlier range;
            `stream`: past the caches, where `words` begins at a multiple of 64 bytes.
    """

    origin: Callable[[int], int]
    room: Callable[[int, int], int]
    cuts: Callable[[int, int], list[int]]
    direct: Callable[[int, int], int]
    fill: Callable[[int, int, int, np.ndarray, int, bool], None]


def readonly(array: np.ndarray) -> np.ndarray:
    """The array, contiguous and not to be written: arrays from files are so, and one form is compiled for, not two."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def borrow(words: int) -> np.ndarray:
    """Working memory: uninitialized uint64 at a multiple of 64 bytes, `words` or more of them, for one thread.

    That of an earlier call where it is large enough: the system's work for fresh memory takes as long as decoding.
    """
    try:
        array = _spare.pop()  # which is atomic
    except IndexError:
        return aligned(words)
    return array if len(array) >= words else aligned(words)


def give_back(array: np.ndarray) -> None:
    """What `borrow` returned, for others; nobody may use it, or a view of it, any more."""
    if len(array) <= SPARE_WORDS:
        _spare.append(array)  # of too many the oldest is dropped
