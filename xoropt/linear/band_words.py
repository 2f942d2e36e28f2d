"""Bands of rows as bits: the words of a band's mask and planes, each row from a word's beginning on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from xoropt.codec.compiled.kernels import read_octets
from xoropt.codec.compiled.ranges import fill_planes, words_per_plane
from xoropt.codec.compiled.reader import borrow, give_back, readonly
from xoropt.codec.decoder import flips_of, reader_of
from xoropt.common.memory import aligned
from xoropt.linear.bands import band_masks, band_rows
from xoropt.linear.kernels import align_rows
from xoropt.model.tensors import CompressedTensor

__all__ = ["CACHES", "BandWords", "Words", "open_bands"]

CACHES = ("none", "mask", "bits")
"""What calls keep of a tensor, as long as it lives: nothing, the mask's bits, or those of the planes, too."""

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
MOST_WORDS = 1 << 17
"""The most words of mask and planes that are decoded at once, unless a band has more."""

SPARE = 24
"""Words behind those that are needed, which loops may read or write."""

Words = tuple[np.ndarray, ...]
"""uint64 arrays, of the mask and of each plane; row r has the words from r·⌈columns/64⌉ on."""


@dataclass
class _Kept:
    """The words that calls keep of a tensor: see `Words`, or the mask's alone."""

    words: Words = field(default=(), repr=False)


_KEPT: WeakKeyDictionary[CompressedTensor, _Kept] = WeakKeyDictionary()


@dataclass(frozen=True)
class BandWords:
    """The bands of a tensor.

    Attributes:
        bands: the first row of each band and the row after its last.
        words: gets some neighbouring bands and a function; calls the function with each band's first row, the row after
            its last, and its words, which are valid until it returns.
    """

    bands: list[tuple[int, int]]
    words: Callable[[list[tuple[int, int]], Callable[[int, int, Words], None]], None] = field(repr=False)


def open_bands(tensor: CompressedTensor, rows: int, columns: int, cache: str) -> BandWords:
    """Prepare the decoding of a tensor's bands.

    Args:
        tensor: one whose planes the compiled decoder makes.
        rows, columns: of the tensor as a matrix, neither of them 0.
        cache: one of `CACHES`.

    Raises:
        DecodeError: the tensor's parts do not fit together.
    """
    bands, blocks = band_rows(tensor, rows, columns), -(-columns // 64)
    kept = _KEPT.get(tensor, _Kept()).words if cache != "none" else ()
    planes = len(tensor.encoded.seeds)
    reader = reader_of(tensor.encoded)

    def words(some: list[tuple[int, int]], use: Callable[[int, int, Words], None]) -> None:
        some = _join(some, MOST_WORDS // ((planes + 1) * blocks))
        each = max(b - a for a, b in some) * blocks + SPARE  # words of a band
        stride = words_per_plane(reader, [(a * columns, b * columns) for a, b in some]) + SPARE
        rows_of_words = columns % 64 == 0  # in what is decoded, too, where nothing has to be moved then
        rooms = 1 if rows_of_words else planes + 2
        spare = borrow(planes * stride + rooms * each)
        held = spare[: planes * stride].reshape(planes, stride)
        moved = spare[planes * stride :][: rooms * each].reshape(rooms, each)
        read_mask = band_masks(tensor, columns, some)
        for a, b in some:
            mask = kept[0][a * blocks :] if kept else _mask_words(read_mask(a, b), a, b, columns, moved)
            if len(kept) > 1:
                use(a, b, tuple(part[a * blocks :] for part in kept))
                continue
            first, stop = a * columns, b * columns
            origin = fill_planes(reader, flips_of(tensor.encoded, first, stop), first, stop, held)
            parts = (
                _aligned_rows(held[p], first - origin, b - a, columns, moved[(2 + p) % rooms]) for p in range(planes)
            )
            use(a, b, (mask, *parts))
        give_back(spare)

    opened = BandWords(bands, words)
    wanted = 1 if cache == "mask" else planes + 1
    if cache == "none" or len(kept) >= wanted:
        return opened
    made = tuple(aligned(rows * blocks + SPARE) for _ in range(wanted))

    def keep(a: int, b: int, some: Words) -> None:
        for part, out in zip(some, made, strict=False):
            out[a * blocks : b * blocks] = part[: (b - a) * blocks]

    words(bands, keep)
    for part in made:
        part[rows * blocks :] = 0
    _KEPT[tensor] = _Kept(made)
    return open_bands(tensor, rows, columns, cache)


def _join(bands: list[tuple[int, int]], rows: int) -> list[tuple[int, int]]:
    """Join neighbouring bands to ones of at most so many rows, or single ones."""
    joined = [bands[0]]
    for a, b in bands[1:]:
        first = joined[-1][0]
        if b - first <= rows:
            joined[-1] = first, b
        else:
            joined.append((a, b))
    return joined


def _aligned_rows(source: np.ndarray, at: int, rows: int, columns: int, out: np.ndarray) -> np.ndarray:
    """Return words whose rows begin with a word: those of `source` from a bit on, or `out`, to which they are moved."""
    if at % 64 == 0 and columns % 64 == 0:
        return source[at // 64 :]
    align_rows(source, at, rows, columns, out)
    return out


def _mask_words(read: tuple[np.ndarray | None, int], a: int, b: int, columns: int, room: np.ndarray) -> np.ndarray:
    """Return the words of the mask of rows a … b − 1, from what `band_masks` read; `room` has two rows for them."""
    octets, begin = read
    if octets is None:
        room[0] = ALL
        return room[0]
    at = a * columns - begin
    read_octets(readonly(octets), at, (b - a) * columns, room[0])
    return _aligned_rows(room[0], at % 8, b - a, columns, room[1 % len(room)])
