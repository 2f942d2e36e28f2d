"""Bands of rows as bits: the words of a band's mask and planes, each row from a word's beginning on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np

from xoropt.codec.compiled.kernels import read_octets
from xoropt.codec.compiled.ranges import fill_planes, words_per_plane
from xoropt.codec.compiled.reader import borrow, give_back, readonly
from xoropt.codec.decoder import flips_of, reader_of
from xoropt.common.memory import aligned
from xoropt.linear.kernels import align_rows
from xoropt.masks.coding import codec_of_file
from xoropt.model.tensors import CompressedTensor

__all__ = ["CACHES", "BandWords", "Words", "band_rows", "open_bands"]

CACHES = ("none", "mask", "bits")
"""What calls keep of a tensor, as long as it lives: nothing, the mask's bits, or those of the planes, too."""

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
MASK_WEIGHTS = 1 << 22
"""The most weights whose masks are decoded at once, unless a band has more: half a megabyte."""
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


def band_rows(tensor: CompressedTensor, rows: int, columns: int) -> list[tuple[int, int]]:
    """Cut the rows of a tensor into bands that are decoded at little cost."""
    cuts = reader_of(tensor.encoded).cuts(0, rows * columns)
    ends = sorted({0, rows, *(cut // columns for cut in cuts)})
    return list(pairwise(ends))


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
        each = max(b - a for a, b in some) * blocks + SPARE  # words of a band
        stride = words_per_plane(reader, [(a * columns, b * columns) for a, b in some]) + SPARE
        spare = borrow(planes * stride + (planes + 2) * each)
        held = spare[: planes * stride].reshape(planes, stride)
        moved = spare[planes * stride :][: (planes + 2) * each].reshape(planes + 2, each)
        read_mask = _mask_reader(tensor, columns, some)
        for a, b in some:
            mask = kept[0][a * blocks :] if kept else read_mask(a, b, moved[0], moved[1])
            if len(kept) > 1:
                use(a, b, tuple(part[a * blocks :] for part in kept))
                continue
            first, stop = a * columns, b * columns
            origin = fill_planes(reader, flips_of(tensor.encoded, first, stop), first, stop, held)
            use(
                a,
                b,
                (mask, *(_aligned_rows(held[p], first - origin, b - a, columns, moved[2 + p]) for p in range(planes))),
            )
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


def _aligned_rows(source: np.ndarray, at: int, rows: int, columns: int, out: np.ndarray) -> np.ndarray:
    """Return words whose rows begin with a word: those of `source` from a bit on, or `out`, to which they are moved."""
    if at % 64 == 0 and columns % 64 == 0:
        return source[at // 64 :]
    align_rows(source, at, rows, columns, out)
    return out


def _mask_reader(
    tensor: CompressedTensor, columns: int, bands: list[tuple[int, int]]
) -> Callable[[int, int, np.ndarray, np.ndarray], np.ndarray]:
    """Make a function that gets a band and two pieces of working memory and returns the words of its mask.

    It must get the bands in their order. The masks of several are decoded at once, since a codec's own bands have ends
    of their own.
    """
    codec, size = codec_of_file(tensor.mask_codec), tensor.encoded.outputs
    octets: np.ndarray | None = None
    begin = end = 0

    def read(a: int, b: int, room: np.ndarray, out: np.ndarray) -> np.ndarray:
        nonlocal octets, begin, end
        first, stop = a * columns, b * columns
        if stop > end:
            most = first + MASK_WEIGHTS if codec.random_access else size
            end = max([stop, *(last * columns for _, last in bands if last * columns <= most)])
            from_first = first if codec.random_access else 0
            octets, begin = codec.decode_packed(tensor.mask_parts, tensor.shape, size, from_first, end, 1)
        if octets is None:
            room[:] = ALL
            return room
        read_octets(readonly(octets), first - begin, stop - first, room)
        return _aligned_rows(room, (first - begin) % 8, b - a, columns, out)

    return read
