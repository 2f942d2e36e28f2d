"""Encoding of masks by prefix codes."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xoropt.codec.encoder import encode_planes
from xoropt.codec.lazy_planes import LazyPlanes, packed_planes
from xoropt.codec.registry import describe
from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks import gap_coded
from xoropt.masks.density_classes import MAX_CLASS_BITS, Classes, matrix_shape, pack_classes, sort_into_classes
from xoropt.masks.huffman import codewords
from xoropt.masks.mask_codec import CHUNK, DESCRIPTION, DESCRIPTION_BYTES, MaskPlan, Parts
from xoropt.masks.prefix.codes import EXTRA_OUTPUTS, GROUP_SIZES, choose_codes, group_lengths
from xoropt.masks.prefix.stored import LISTED, TILE, band_layout

__all__ = ["CodedGroups", "code_groups", "encode_groups", "is_worth_planning", "plan", "plane_of"]

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


def plan(mask: np.ndarray | LazyArray) -> MaskPlan | None:
    """Plan the stored parts of a mask; None for a mask that is empty or full or has no weights.

    The bound counts the codewords' own bits, which are the care bits of the plane: a network stores at least these.
    """
    rows, columns = matrix_shape(mask.shape, mask.size)
    matrix = (mask if isinstance(mask, LazyArray) else np.ascontiguousarray(mask)).reshape(rows, columns)
    of_columns = np.zeros(columns, dtype=np.int64)
    for band in _bands(rows, columns):
        of_columns += matrix[band].sum(axis=0, dtype=np.int64)
    if not 0 < of_columns.sum() < mask.size:
        return None
    groups = code_groups(matrix, of_columns)
    least = len(groups.head) + DESCRIPTION_BYTES - (-groups.care_bits // 8)
    if groups.listed is not None:
        least += gap_coded.packed_bytes(groups.listed, mask.size)
    return MaskPlan(least, lambda jobs, effort: encode_groups(groups, mask.size, jobs, effort), described=True)


@dataclass(frozen=True, eq=False)
class CodedGroups:
    """The groups of a mask and their codes.

    Attributes:
        head: uint8, the stored part `mask`: sizes, classes and codes.
        symbols: uint16 (rows, groups of a row), the bits of every group, first weight lowest.
        classes: of the rows and the columns of groups.
        code_of_pair: int64 (row classes, column classes), the number of every pair's code.
        words: uint32 (codes, 2^G), the codewords, the first bit highest of `outputs` bits.
        lengths: uint8 (codes, 2^G), of the codewords.
        outputs: L.
        listed: int64, the weights that are listed; None where there is no list.
        care_bits: the bits of all codewords.
    """

    head: np.ndarray
    symbols: np.ndarray
    classes: Classes
    code_of_pair: np.ndarray
    words: np.ndarray
    lengths: np.ndarray
    outputs: int
    listed: np.ndarray | None
    care_bits: int


def code_groups(matrix: np.ndarray | LazyArray, of_columns: np.ndarray) -> CodedGroups:
    """Choose the order of columns, the size of groups, their classes and codes.

    Args:
        matrix: bool (rows, columns), the mask.
        of_columns: int64 (columns,), the kept weights of each column.
    """
    rows, columns = matrix.shape
    sample = np.asarray(matrix[:: max(1, matrix.size // SAMPLE)])
    sort_class, sort_bits = _column_classes(sample, of_columns, rows)
    order = np.argsort(sort_class, kind="stable") if sort_bits else None
    sample = _ordered(sample, order)
    # Groups that fill whole words of the mask decode fastest.
    size = min(GROUP_SIZES, key=lambda g: _estimate_bits(sample, g) * (1 if g == 16 and columns % 16 == 0 else SLOWER))
    symbols = _symbols(matrix, size, order)
    classes = sort_into_classes(np.bitwise_count(symbols), size)
    codes = choose_codes(classes, size, matrix.size)
    code_of_pair, densities = codes.code_of_pair, codes.densities
    outputs = size + EXTRA_OUTPUTS
    lengths = np.stack([group_lengths(int(d), size) for d in densities])
    words = np.stack([codewords(of_code) for of_code in lengths]) << (outputs - lengths)
    of_row = code_of_pair[:, classes.column_class]  # the codes of a row of groups, by the class of the row
    care_bits, listed = 0, [np.zeros(0, dtype=np.int64)]
    for band in _bands(rows, columns):
        code = of_row[classes.row_class[band]]
        care_bits += int(lengths[code, symbols[band]].sum())
        if not densities[0]:
            kept = np.repeat(code == 0, size, axis=1)[:, :columns]
            if order is not None:
                kept[:, order] = kept.copy()
            listed.append(band.start * columns + np.flatnonzero(matrix[band] & kept))
    streams = [
        np.array([size, classes.row_bits | classes.column_bits << 4, len(densities), sort_bits], dtype=np.uint8),
        pack_classes(sort_class, sort_bits),
        densities.astype("<u2").view(np.uint8),
        pack_classes(classes.row_class, classes.row_bits),
        pack_classes(classes.column_class, classes.column_bits),
        code_of_pair.astype(np.uint8).reshape(-1),
    ]
    return CodedGroups(
        head=np.concatenate(streams),
        symbols=symbols,
        classes=classes,
        code_of_pair=code_of_pair,
        words=words.astype(np.uint32),
        lengths=lengths.astype(np.uint8),
        outputs=outputs,
        listed=None if densities[0] else np.concatenate(listed),
        care_bits=care_bits,
    )


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
    bits, care, shape = plane_of(groups)
    encoded = encode_planes(
        bits,
        care,
        shape,
        "auto",
        solver="portfolio",
        patches="burst",
        order=None,
        effort=effort,
        stacked=False,
        jobs=jobs,
    )
    entry, parts = describe(encoded)
    del entry["planes"]
    text = json.dumps(entry, separators=(",", ":")).encode()
    stored = {"mask": groups.head, DESCRIPTION: np.frombuffer(text, dtype=np.uint8)}
    if groups.listed is not None:
        stored[LISTED] = gap_coded.pack_positions(groups.listed, size)
    return stored | {f"mask_{part}": array.reshape(-1) for part, array in parts.items()}


def plane_of(groups: CodedGroups) -> tuple[LazyPlanes, LazyPlanes, tuple[int, int, int]]:
    """Return the plane of codewords, which of its bits matter, and the plane's shape."""
    from xoropt.masks.prefix.kernels import place_codewords

    symbols, classes = groups.symbols, groups.classes
    bands, band_tiles = band_layout(symbols.size)
    shape = bands * band_tiles, groups.outputs, TILE
    bits, care = np.empty((2, *shape[:2], TILE // 64), dtype=np.uint64)
    place_codewords(
        symbols.reshape(-1),
        symbols.shape[1],
        classes.row_class,
        classes.column_class,
        groups.code_of_pair,
        groups.words,
        groups.lengths,
        (groups.outputs, band_tiles, TILE),
        bits,
        care,
    )
    packed = (array.astype("<u8", copy=False).reshape(1, -1).view(np.uint8) for array in (bits, care))
    made = [packed_planes(octets, math.prod(shape)) for octets in packed]
    return made[0], made[1], shape


def _bands(rows: int, columns: int) -> Iterator[slice]:
    """Cut the rows of a mask into bands that are handled one by one, which bounds the memory beside it."""
    step = max(1, CHUNK // max(1, columns))
    return (slice(first, min(rows, first + step)) for first in range(0, rows, step))


def _ordered(matrix: np.ndarray, order: np.ndarray | None) -> np.ndarray:
    """Bring the columns of a matrix into an order; None: they stay where they are."""
    return matrix if order is None else matrix[:, order]


def _column_classes(sample: np.ndarray, of_columns: np.ndarray, rows: int) -> tuple[np.ndarray, int]:
    """Choose the classes by which columns are moved.

    Args:
        sample: some rows of the mask.
        of_columns: the kept weights of each column.
        rows: of the mask.

    Returns:
        The class of every column, and the bits of a class, 0 where columns stay where they are.
    """
    columns = len(of_columns)
    ranks = np.empty(columns, dtype=np.int64)
    ranks[np.argsort(of_columns, kind="stable")] = np.arange(columns)

    def classes(bits: int) -> np.ndarray:
        return (ranks << bits) // columns

    def estimate(bits: int) -> float:
        moved = sample[:, np.argsort(classes(bits), kind="stable")]
        return _estimate_bits(moved, GROUP_SIZES[0]) * rows / len(sample) + bits * columns

    bits = min(range(MAX_CLASS_BITS + 1), key=estimate)
    return classes(bits), bits


def _estimate_bits(matrix: np.ndarray, group_size: int) -> float:
    """Estimate the bits that groups of this size take, their classes and codes included."""
    symbols = _symbols(matrix, group_size)
    classes = sort_into_classes(np.bitwise_count(symbols), group_size)
    class_bits = classes.row_bits * symbols.shape[0] + classes.column_bits * symbols.shape[1]
    return choose_codes(classes, group_size, matrix.size).bits + class_bits


def _symbols(matrix: np.ndarray | LazyArray, group_size: int, order: np.ndarray | None = None) -> np.ndarray:
    """Return each group's bits as a number, first weight lowest: uint16 (rows, groups of a row).

    Args:
        matrix: the mask.
        group_size: G.
        order: of the columns; None: as they stand.
    """
    rows, columns = matrix.shape
    row_groups = -(-columns // group_size)
    symbols = np.empty((rows, row_groups), dtype=np.uint16)
    for band in _bands(rows, columns):
        some = symbols[band]
        padded = np.zeros((len(some), row_groups * group_size), dtype=bool)
        padded[:, :columns] = _ordered(matrix[band], order)
        octets = np.packbits(padded.reshape(-1, group_size), axis=1, bitorder="little")
        some[:] = octets[:, 0].reshape(some.shape)
        if octets.shape[1] > 1:
            some |= octets[:, 1].astype(np.uint16).reshape(some.shape) << np.uint16(8)
    return symbols
