"""Encoding of masks by prefix codes."""

import json
import math
from dataclasses import dataclass

import numpy as np

from xoropt.codec import encode as encode_planes
from xoropt.codec.registry import describe
from xoropt.masks import gap_coded
from xoropt.masks.density_classes import MAX_CLASS_BITS, matrix_shape, pack_classes, sort_into_classes
from xoropt.masks.huffman import codewords
from xoropt.masks.mask_codec import DESCRIPTION, DESCRIPTION_BYTES, MaskPlan, Parts
from xoropt.masks.prefix.codes import EXTRA_OUTPUTS, GROUP_SIZES, choose_codes, group_lengths
from xoropt.masks.prefix.stored import LISTED, TILE, band_layout

__all__ = ["code_groups", "encode_groups", "is_worth_planning", "plan"]

SAMPLE = 1 << 18
"""The number of weights by which the group size is chosen."""

TINY = 1 << 12
"""Weights of a mask up to which it is estimated whether a plan is worth its time."""

LEAST_HEAD = 7
"""Bytes of the head of a mask with one code and one class."""

SLOWER = 1.005
"""How much larger the estimate of groups may be that decode fast, because they fill words."""


def is_worth_planning(mask: np.ndarray, other_bytes: int) -> bool:
    """Whether prefix codes may take a tenth less than so many bytes; of a larger mask that is always worth a plan.

    Rows and columns of a tiny mask do not pay for classes of their own, so that its entropy is what counts.
    """
    if mask.size > TINY:
        return True
    p = np.count_nonzero(mask) / max(1, mask.size)
    entropy = mask.size * -(p * math.log2(p) + (1 - p) * math.log2(1 - p)) if 0 < p < 1 else 0.0
    return LEAST_HEAD + DESCRIPTION_BYTES + entropy / 8 <= 0.9 * other_bytes


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan the stored parts of a mask; None for a mask that is empty or full or has no weights.

    The bound counts the codewords' own bits, which are the care bits of the plane: a network stores at least these.
    """
    if not mask.any() or mask.all():
        return None
    groups = code_groups(mask)
    least = len(groups.head) + DESCRIPTION_BYTES - (-groups.care_bits // 8)
    if groups.listed is not None:
        least += gap_coded.packed_bytes(groups.listed, mask.size)
    return MaskPlan(least, lambda jobs, effort: encode_groups(groups, mask.size, jobs, effort), described=True)


@dataclass(frozen=True, eq=False)
class CodedGroups:
    """The groups of a mask and their codewords.

    Attributes:
        head: uint8, the stored part `mask`: sizes, classes and codes.
        words: uint32, the codeword of every group, its first bit highest of `outputs` bits.
        lengths: int64, the length of every group's codeword.
        outputs: L.
        listed: int64, the weights that are listed; None where there is no list.
    """

    head: np.ndarray
    words: np.ndarray
    lengths: np.ndarray
    outputs: int
    listed: np.ndarray | None

    @property
    def care_bits(self) -> int:
        """The bits of all codewords."""
        return int(self.lengths.sum())


def code_groups(mask: np.ndarray) -> CodedGroups:
    """Choose the order of columns, the size of groups, their classes and codes, and give every group its codeword."""
    rows, columns = matrix_shape(mask.shape, mask.size)
    matrix = np.ascontiguousarray(mask).reshape(rows, columns)
    sort_class, sort_bits = _column_classes(matrix)
    order = np.argsort(sort_class, kind="stable")
    if sort_bits:
        matrix = matrix[:, order]
    sample = matrix[:: max(1, mask.size // SAMPLE)]
    # Groups that fill whole words of the mask decode fastest.
    size = min(GROUP_SIZES, key=lambda g: _estimate_bits(sample, g) * (1 if g == 16 and columns % 16 == 0 else SLOWER))
    row_groups = -(-columns // size)
    symbols = _symbols(matrix, size, row_groups)
    classes = sort_into_classes(np.bitwise_count(symbols), size)
    codes = choose_codes(classes, size, mask.size)
    code_of_pair, densities = codes.code_of_pair, codes.densities
    outputs = size + EXTRA_OUTPUTS
    lengths_of = np.stack([group_lengths(int(d), size) for d in densities])
    words_of = np.stack([codewords(lengths) for lengths in lengths_of])
    code = code_of_pair[classes.row_class[:, None], classes.column_class[None, :]]
    lengths = lengths_of[code, symbols].reshape(-1)
    words = (words_of[code, symbols].reshape(-1) << (outputs - lengths)).astype(np.uint32)
    streams = [
        np.array([size, classes.row_bits | classes.column_bits << 4, len(densities), sort_bits], dtype=np.uint8),
        pack_classes(sort_class, sort_bits),
        densities.astype("<u2").view(np.uint8),
        pack_classes(classes.row_class, classes.row_bits),
        pack_classes(classes.column_class, classes.column_bits),
        code_of_pair.astype(np.uint8).reshape(-1),
    ]
    listed = None
    if not densities[0]:
        kept = np.zeros_like(matrix)
        kept[:, order] = matrix & np.repeat(code == 0, size, axis=1)[:, :columns]
        listed = np.flatnonzero(kept)
    return CodedGroups(np.concatenate(streams), words, lengths, outputs, listed)


def encode_groups(groups: CodedGroups, size: int, jobs: int = 1, effort: str = "normal") -> Parts:
    """Encode the plane of codewords of a mask.

    Args:
        groups: of the mask.
        size: the number of the mask's weights.
        jobs: processes or threads.
        effort: as for `xoropt.encode`.

    Returns:
        All parts to store, uint8.
    """
    outputs = groups.outputs
    bands, band_tiles = band_layout(len(groups.words))
    bits, care = np.zeros((2, bands * band_tiles, outputs, TILE), dtype=bool)
    for array, values in ((bits, groups.words), (care, groups.lengths)):
        padded = np.zeros(bands * band_tiles * TILE, dtype=values.dtype)
        padded[: len(values)] = values
        by_tile = padded.reshape(bands, TILE, band_tiles).transpose(0, 2, 1).reshape(-1, TILE)
        for place in range(outputs):
            ones = by_tile > place if array is care else by_tile >> np.uint32(outputs - 1 - place) & np.uint32(1)
            array[:, place] = ones
    entry, parts = describe(encode_planes(bits, care, jobs=jobs, effort=effort))
    del entry["planes"]
    text = json.dumps(entry, separators=(",", ":")).encode()
    stored = {"mask": groups.head, DESCRIPTION: np.frombuffer(text, dtype=np.uint8)}
    if groups.listed is not None:
        stored[LISTED] = gap_coded.pack_positions(groups.listed, size)
    return stored | {f"mask_{part}": array.reshape(-1) for part, array in parts.items()}


def _column_classes(matrix: np.ndarray) -> tuple[np.ndarray, int]:
    """Choose the classes by which columns are moved.

    Returns:
        The class of every column, and the bits of a class, 0 where columns stay where they are.
    """
    ranks = np.empty(matrix.shape[1], dtype=np.int64)
    ranks[np.argsort(matrix.sum(axis=0, dtype=np.int64), kind="stable")] = np.arange(matrix.shape[1])

    def classes(bits: int) -> np.ndarray:
        return (ranks << bits) // matrix.shape[1]

    def estimate(bits: int) -> float:
        sample = matrix[:: max(1, matrix.size // SAMPLE), np.argsort(classes(bits), kind="stable")]
        return _estimate_bits(sample, GROUP_SIZES[0]) * len(matrix) / len(sample) + bits * matrix.shape[1]

    bits = min(range(MAX_CLASS_BITS + 1), key=estimate)
    return classes(bits), bits


def _estimate_bits(matrix: np.ndarray, group_size: int) -> float:
    """Estimate the bits that groups of this size take, their classes and codes included."""
    rows, columns = matrix.shape
    row_groups = -(-columns // group_size)
    ones = np.bitwise_count(_symbols(matrix, group_size, row_groups))
    classes = sort_into_classes(ones, group_size)
    class_bits = classes.row_bits * rows + classes.column_bits * row_groups
    return choose_codes(classes, group_size, matrix.size).bits + class_bits


def _symbols(matrix: np.ndarray, group_size: int, row_groups: int) -> np.ndarray:
    """Return each group's bits as a number, first weight lowest: uint32 (rows, groups of a row)."""
    rows, columns = matrix.shape
    padded = np.zeros((rows, row_groups * group_size), dtype=bool)
    padded[:, :columns] = matrix
    octets = np.packbits(padded.reshape(rows * row_groups, group_size), axis=1, bitorder="little")
    numbers = octets[:, 0].astype(np.uint32)
    if octets.shape[1] > 1:
        numbers |= octets[:, 1].astype(np.uint32) << np.uint32(8)
    return numbers.reshape(rows, row_groups)
