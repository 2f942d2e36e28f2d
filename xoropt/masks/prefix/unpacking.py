"""Compiled decoding of a prefix-coded mask's plane to the mask's bits, band by band."""

from collections.abc import Callable, Iterator
from threading import Lock
from typing import NamedTuple

import numpy as np

from xoropt.codec.decoder import flips_of, reader_of
from xoropt.masks.prefix.lookup import LookupTable
from xoropt.masks.prefix.stored import PrefixMask

__all__ = ["BANDS_AT_ONCE", "Outputs", "band_outputs", "batch_outputs", "unpack_mask", "unpack_scratch"]

BANDS_AT_ONCE = 8
"""The bands whose plane is decoded at once: 0.8 MB, which stay in the processor's cache."""

SPARE = 15
"""The groups after those of a mask of few tiles whose codes are read and whose symbols are written."""


class Outputs(NamedTuple):
    """The decoded plane of some neighbouring bands, valid until the next ones are decoded.

    Attributes:
        first: the first band.
        stop: the band after the last one.
        words: uint64, the outputs: for each band (tiles, L, 8) words.
        codes: uint8, the code of each group, and of `SPARE` more.
    """

    first: int
    stop: int
    words: np.ndarray
    codes: np.ndarray


def batch_outputs(mask: PrefixMask, begin: int, end: int) -> Callable[[list[int]], Iterator[Outputs]]:
    """Make a function that decodes the plane of bands begin … end − 1, some at once.

    Returns:
        A function that gets the numbers of some of these bands, which follow each other, and yields the outputs of
        `BANDS_AT_ONCE` of them after the other.

    Raises:
        DecodeError: the plane's parts do not fit together.
    """
    from xoropt.codec.compiled.ranges import fill_planes
    from xoropt.codec.compiled.reader import borrow, give_back

    code_of_row_class = mask.code_of_pair[:, mask.column_class]
    groups, band = mask.band_groups, mask.band_groups * mask.group_outputs  # of a band: its groups, its outputs
    reader, flips = reader_of(mask.plane), flips_of(mask.plane, begin * band, end * band)

    def outputs(numbers: list[int]) -> Iterator[Outputs]:
        last = numbers[-1] + 1
        batches = [(i, min(i + BANDS_AT_ONCE, last)) for i in range(numbers[0], last, BANDS_AT_ONCE)]
        planes = borrow(max(reader.room(a * band, b * band) for a, b in batches) + 8)
        most = min(BANDS_AT_ONCE, len(numbers)) * groups + SPARE + 2 * mask.row_groups
        spare = borrow(-(-most // 8))
        codes = spare.view(np.uint8)[:most]
        codes[:] = 0
        for first, stop in batches:
            origin = fill_planes(reader, flips, first * band, stop * band, planes[None])
            if len(mask.densities) > 1:
                count = (stop - first) * groups + SPARE
                room = spare.view(np.uint8)[:most]
                codes = _group_codes(code_of_row_class, mask.row_class, first * groups, count, room)
            words = planes[(first * band - origin) // 64 :][: (stop - first) * band // 64]
            yield Outputs(first, stop, words, codes)
        give_back(planes)
        give_back(spare)

    return outputs


def band_outputs(mask: PrefixMask, begin: int, end: int) -> Callable[[list[int]], Iterator[Outputs]]:
    """Make a function as `batch_outputs` does, which yields the outputs of one band after the other."""
    outputs, groups = batch_outputs(mask, begin, end), mask.band_groups
    words = groups * mask.group_outputs // 64

    def single(numbers: list[int]) -> Iterator[Outputs]:
        for some in outputs(numbers):
            for k in range(some.stop - some.first):
                number = some.first + k
                yield Outputs(number, number + 1, some.words[k * words :][:words], some.codes[k * groups :])

    return single


def unpack_mask(
    mask: PrefixMask, tables: LookupTable, first: int, stop: int, jobs: int | None = None
) -> tuple[np.ndarray, int]:
    """Decode weights first … stop − 1 to one bit a weight, from the bands in which they lie.

    Columns are not moved, and listed weights are missing.

    Args:
        mask: the mask.
        tables: of all its codes.
        first: the first weight of the range.
        stop: the weight after the last one.
        jobs: threads; None: chosen by the number of weights.

    Returns:
        The bits as uint8 and the weight that bit 0 stands for, as `MaskCodec.decode_packed` does.

    Raises:
        DecodeError: the plane's parts do not fit together.
    """
    from xoropt.codec.compiled.threads import choose_threads, run_on_threads
    from xoropt.masks.prefix.kernels import place_groups, unpack_bands

    rows, columns, row_groups, size = mask.rows, mask.columns, mask.row_groups, mask.group_size
    groups, fills_words = mask.band_groups, mask.fills_words
    begin = first // columns * row_groups // groups
    end = min(mask.bands, -(-(-(-stop // columns) * row_groups) // groups))
    start = begin * groups * 16 if fills_words else begin * groups // row_groups * columns // 64 * 64
    last = end * groups * 16 if fills_words else min(rows, (end * groups - 1) // row_groups + 1) * columns
    out = np.zeros(-(-(last - start) // 64) + 4, dtype=np.uint64)
    outputs = batch_outputs(mask, begin, end)
    lock, threads = Lock(), min(end - begin, choose_threads(jobs, 4 * (last - start)))

    def run(numbers: list[int]) -> None:
        scratch = unpack_scratch()
        made = np.zeros(0 if fills_words else min(BANDS_AT_ONCE, len(numbers)) * groups + SPARE, dtype=np.uint16)
        low, part = start, out
        if threads > 1 and not fills_words:  # the threads share words at the ends of what they make
            low = numbers[0] * groups // row_groups * columns // 64 * 64
            high = min(rows, ((numbers[-1] + 1) * groups - 1) // row_groups + 1) * columns
            part = np.zeros(-(-(high - low) // 64) + 2, dtype=np.uint64)
        for some in outputs(numbers):
            group, bands = some.first * groups, some.stop - some.first
            symbols = out.view(np.uint16)[group - start // 16 :] if fills_words else made
            form = bands, mask.band_tiles, mask.group_outputs
            unpack_bands(some.words, form, some.codes, *tables, *scratch, symbols)
            if not fills_words:
                place_groups(made[: bands * groups + 2], (rows, columns, size), group, part, low)
        if part is not out:
            with lock:
                out[(low - start) // 64 :][: len(part)] |= part

    run_on_threads(list(range(begin, end)), threads, run)
    if fills_words:
        out.view(np.uint16)[rows * row_groups - start // 16 :] = 0
    return out.view(np.uint8), start


def unpack_scratch() -> tuple[np.ndarray, np.ndarray]:
    """Return working memory for `unpack_groups`: its arguments `block` and `numbers`."""
    from xoropt.common.memory import aligned

    return aligned(1024, np.uint32), aligned(512, np.uint32)


def _group_codes(
    code_of_row_class: np.ndarray, row_class: np.ndarray, first: int, count: int, room: np.ndarray
) -> np.ndarray:
    """Return the codes of `count` groups from the first on, uint8; 0 for groups after the mask's last one.

    They are written to `room`, which has room for them and two rows.
    """
    row_groups = code_of_row_class.shape[1]
    row = first // row_groups
    classes = row_class[row : -(-(first + count) // row_groups)]
    end = len(classes) * row_groups
    np.take(code_of_row_class, classes, axis=0, out=room[:end].reshape(len(classes), row_groups), mode="clip")
    room[end:] = 0
    return room[first - row * row_groups :][:count]
