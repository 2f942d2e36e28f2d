"""Encoding of masks by prefix codes."""

import json
from dataclasses import dataclass

import numpy as np

from xoropt.codec import encode as encode_planes
from xoropt.codec.description import describe
from xoropt.masks import gap_coded
from xoropt.masks.density_classes import FINEST, matrix_shape, pack_classes, sort_into_classes
from xoropt.masks.huffman import codewords
from xoropt.masks.mask_codec import DESCRIBED, DESCRIPTION, MaskPlan, Parts
from xoropt.masks.prefix.codes import EXTRA, GROUPS, choose_codes, group_lengths
from xoropt.masks.prefix.stored import LISTED, TILE, bands_of

__all__ = ["plan"]

SAMPLE = 1 << 18
"""Weights, about, by which the group size is chosen."""

SLOWER = 1.005
"""What groups that do not fill words must save."""


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan the stored parts of a mask; None for one that is empty, full or of no weight.

    The codewords' own bits are care bits of the plane, whose network stores no fewer.
    """
    if not mask.any() or mask.all():
        return None
    coded = code_groups(mask)
    least = len(coded.head) + DESCRIBED - (-coded.care_bits // 8)
    if coded.listed is not None:
        least += gap_coded.joined_bytes(coded.listed, mask.size)
    return MaskPlan(least, lambda jobs: encode_groups(coded, mask.size, jobs), described=True)


@dataclass(frozen=True, eq=False)
class Groups:
    """A mask whose groups have codewords.

    Attributes:
        head: uint8, the stored part `mask`: sizes, classes and codes.
        words: uint32, of every group the codeword, its first bit highest of `length` bits.
        lengths: int64, of every group the codeword's.
        length: L.
        listed: int64, the weights that are listed; None without a list.
    """

    head: np.ndarray
    words: np.ndarray
    lengths: np.ndarray
    length: int
    listed: np.ndarray | None

    @property
    def care_bits(self) -> int:
        """Bits of all codewords."""
        return int(self.lengths.sum())


def code_groups(mask: np.ndarray) -> Groups:
    """Choose the order of columns, the size of groups, their classes and codes, and give every group its codeword."""
    rows, columns = matrix_shape(mask.shape, mask.size)
    matrix = np.ascontiguousarray(mask).reshape(rows, columns)
    column_class, sort_bits = _sorted(matrix)
    order = np.argsort(column_class, kind="stable")
    if sort_bits:
        matrix = matrix[:, order]
    some = matrix[:: max(1, mask.size // SAMPLE)]
    # Groups that fill whole words of the mask decode fastest.
    size = min(GROUPS, key=lambda g: _cost(some, g) * (1 if g == 16 and columns % 16 == 0 else SLOWER))
    across = -(-columns // size)
    symbols = _symbols(matrix, size, across)
    classes = sort_into_classes(np.bitwise_count(symbols), size)
    model = choose_codes(classes, size, mask.size)
    code_of, densities = model.code_of, model.densities
    length = size + EXTRA
    table = np.stack([group_lengths(int(d), size) for d in densities])
    words = np.stack([codewords(lengths) for lengths in table])
    pair = code_of[classes.row_class[:, None], classes.column_class[None, :]]
    lengths = table[pair, symbols].reshape(-1)
    word = (words[pair, symbols].reshape(-1) << (length - lengths)).astype(np.uint32)
    streams = [
        np.array([size, classes.row_bits | classes.column_bits << 4, len(densities), sort_bits], dtype=np.uint8),
        pack_classes(column_class, sort_bits),
        densities.astype("<u2").view(np.uint8),
        pack_classes(classes.row_class, classes.row_bits),
        pack_classes(classes.column_class, classes.column_bits),
        code_of.astype(np.uint8).reshape(-1),
    ]
    listed = None
    if not densities[0]:
        kept = np.zeros_like(matrix)
        kept[:, order] = matrix & np.repeat(pair == 0, size, axis=1)[:, :columns]
        listed = np.flatnonzero(kept)
    return Groups(np.concatenate(streams), word, lengths, length, listed)


def encode_groups(coded: Groups, size: int, jobs: int = 1) -> Parts:
    """Encode the plane of codewords of a mask of `size` weights; the stored parts, uint8."""
    length = coded.length
    bands, of_band = bands_of(len(coded.words))
    bits, care = np.zeros((2, bands * of_band, length, TILE), dtype=bool)
    for array, values in ((bits, coded.words), (care, coded.lengths)):
        padded = np.zeros(bands * of_band * TILE, dtype=values.dtype)
        padded[: len(values)] = values
        by_tile = padded.reshape(bands, TILE, of_band).transpose(0, 2, 1).reshape(-1, TILE)
        for place in range(length):
            ones = by_tile > place if array is care else by_tile >> np.uint32(length - 1 - place) & np.uint32(1)
            array[:, place] = ones
    entry, parts = describe(encode_planes(bits, care, jobs=jobs))
    del entry["planes"]
    text = json.dumps(entry, separators=(",", ":")).encode()
    stored = {"mask": coded.head, DESCRIPTION: np.frombuffer(text, dtype=np.uint8)}
    if coded.listed is not None:
        stored[LISTED] = gap_coded.join(coded.listed, size)
    return stored | {f"mask_{part}": array.reshape(-1) for part, array in parts.items()}


def _sorted(matrix: np.ndarray) -> tuple[np.ndarray, int]:
    """A class for every column, so that groups of columns in the order of their classes take least, and its bits."""
    ranks = np.empty(matrix.shape[1], dtype=np.int64)
    ranks[np.argsort(matrix.sum(axis=0, dtype=np.int64), kind="stable")] = np.arange(matrix.shape[1])

    def classes(bits: int) -> np.ndarray:
        return (ranks << bits) // matrix.shape[1]

    def cost(bits: int) -> float:
        some = matrix[:: max(1, matrix.size // SAMPLE), np.argsort(classes(bits), kind="stable")]
        return _cost(some, GROUPS[0]) * len(matrix) / len(some) + bits * matrix.shape[1]

    bits = min(range(FINEST + 1), key=cost)
    return classes(bits), bits


def _cost(matrix: np.ndarray, size: int) -> float:
    """About the bits that groups of this size take, their classes and codes included."""
    rows, columns = matrix.shape
    across = -(-columns // size)
    ones = np.bitwise_count(_symbols(matrix, size, across))
    classes = sort_into_classes(ones, size)
    own = classes.row_bits * rows + classes.column_bits * across
    return choose_codes(classes, size, matrix.size).bits + own


def _symbols(matrix: np.ndarray, size: int, across: int) -> np.ndarray:
    """Each group's bits as a number, first weight lowest: uint32 (rows, groups of a row)."""
    rows, columns = matrix.shape
    padded = np.zeros((rows, across * size), dtype=bool)
    padded[:, :columns] = matrix
    octets = np.packbits(padded.reshape(rows * across, size), axis=1, bitorder="little")
    numbers = octets[:, 0].astype(np.uint32)
    if octets.shape[1] > 1:
        numbers |= octets[:, 1].astype(np.uint32) << np.uint32(8)
    return numbers.reshape(rows, across)
