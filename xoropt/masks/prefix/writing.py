"""Weights under a prefix-coded mask: each band's are written while the next band's groups are looked up."""

import numpy as np

from xoropt.codec.compiled.reader import Reader
from xoropt.masks.prefix.column_order import Move, mover
from xoropt.masks.prefix.lookup import tables
from xoropt.masks.prefix.stored import TILE, Coded, read
from xoropt.masks.prefix.unpacking import AT_ONCE, outputs_of, scratch_of

__all__ = ["write_weights"]


def write_weights(
    parts: dict[str, np.ndarray],
    shape: tuple[int, ...],
    size: int,
    first: int,
    stop: int,
    reader: Reader,
    flips: list[np.ndarray],
    table: np.ndarray,
    row_length: int,
    jobs: int | None,
    out: np.ndarray | None,
) -> np.ndarray | None:
    """Weights first … stop − 1 under the mask, written while it is decoded; None where it has to be decoded before.

    Args:
        parts, shape, size: as for `xoropt.masks.prefix.decode`.
        reader, flips, table, row_length, jobs, out: as for `xoropt.codec.compiled.ranges.decode_weights`.

    Raises:
        DecodeError: the parts do not fit the shape or each other.
    """
    coded = read(parts, shape, size)
    if not _suits(coded, len(flips), table, row_length, first, stop):
        return None
    from xoropt.codec.compiled import ranges, threads
    from xoropt.codec.compiled.reader import borrow, give_back
    from xoropt.codec.compiled.weights.kernels import expand
    from xoropt.common.memory import aligned
    from xoropt.common.words.kernels import flip_bits
    from xoropt.masks.prefix.kernels import unpack_groups

    if out is None:
        out = aligned(stop - first, table.dtype, first)
    stream = ranges.use_streaming_stores(out, first)
    band, unit = 16 * TILE * coded.of_band, 1 if coded.moved is None else coded.columns  # weights
    begin, end = first // band, -(-stop // band)
    found = tables(coded.densities, coded.size, coded.length)
    outputs, listed = outputs_of(coded, begin, end), coded.listed_within(first, stop)
    move = None if coded.moved is None else mover(coded.moved)

    def run(some: list[int]) -> None:
        low, high = (min(max(first, number * band // unit * unit), stop) for number in (some[0], some[-1] + 1))
        numbers = list(range(low // band, some[-1] + 1))  # a row that other threads' bands begin is this one's
        cuts = [min(max(low, number * band // unit * unit), high) for number in (*numbers, some[-1] + 1)]
        batches = [(cuts[i], cuts[min(i + AT_ONCE, len(numbers))]) for i in range(0, len(numbers), AT_ONCE)]
        kept = (band + unit) // 64 + 8  # words; a word is read beyond the last
        stride = ranges.words_per_plane(reader, [(a, b) for a, b in batches if a < b])
        spare = borrow(2 * kept + len(flips) * stride)
        masks = Masks(spare[: 2 * kept].reshape(2, kept), band, numbers[0] * band, coded.columns, move)
        planes, scratch = spare[2 * kept :][: len(flips) * stride].reshape(len(flips), stride), scratch_of()
        unused = spare.view(np.uint8), spare.view(table.dtype)  # by `expand`: so few are the planes
        writing = (planes, 0, spare, 0, table, row_length, first, first, out, first, stream)
        origin = first
        for i, (number, words, codes) in enumerate(outputs(numbers)):
            symbols = masks.symbols(number)
            unpack_groups(words, coded.of_band, coded.length, codes, *found, *scratch, symbols, writing)
            (a, b), until = cuts[i : i + 2], batches[i // AT_ONCE][1]
            mask, at = masks.take(number, a, b)
            if len(listed):
                flip_bits(mask, listed, a, b, a - at)
            if i % AT_ONCE == 0 and a < until:  # those of earlier bands are written
                origin = ranges.fill_planes(reader, flips, a, until, planes)
            c = a if number == numbers[-1] else min(b, a + band)  # meanwhile no more than a band
            writing = (planes, a - origin, mask, at, table, row_length, a, c, out, first, stream)
            if c < b:
                now = planes, c - origin, mask, at + c - a, True, table, row_length, c, b, *unused, out, first, stream
                expand(*now)
        give_back(spare)

    threads.run_on_threads(list(range(begin, end)), threads.choose_threads(jobs, out.nbytes), run)
    return out


def _suits(coded: Coded, planes: int, table: np.ndarray, row_length: int, first: int, stop: int) -> bool:
    """Whether the weights can be written so: `unpack_groups` can write these meanwhile, `mover` moves whole rows."""
    from xoropt.codec.compiled.weights.kernels import FEW

    even = [first, stop, *([] if coded.moved is None else [coded.columns]), *([] if len(table) == 1 else [row_length])]
    rows = coded.moved is None or (first % coded.columns == 0 and stop % coded.columns == 0)
    return coded.whole and rows and 0 < planes <= FEW and not any(weights % 64 for weights in even)


class Masks:
    """The mask, band by band: two of them by turns; or, where columns are moved, what is looked up, and rows of it."""

    def __init__(self, words: np.ndarray, band: int, start: int, columns: int, move: Move | None) -> None:
        """Working memory, uint64 (2, words); the weights of a band; the first weight; columns, and what moves them."""
        self.words, self.band, self.start, self.columns, self.move = words, band, start, columns, move

    def symbols(self, number: int) -> np.ndarray:
        """Where a band's groups are to be written, uint16."""
        if self.move is None:
            self.words, self.start = self.words[::-1], number * self.band
        return self.words[0].view(np.uint16)[(number * self.band - self.start) // 16 :]

    def take(self, number: int, a: int, b: int) -> tuple[np.ndarray, int]:
        """The mask of weights a … b − 1, uint64, and the first one's bit, when the band is looked up.

        Moved columns: of whole rows; the rest of the band is kept. It is valid until the next band is looked up.
        """
        if self.move is None:
            return self.words[0], a - self.start
        self.move(self.words[0], a - self.start, (b - a) // self.columns, self.words[1])
        symbols, left = self.words[0].view(np.uint16), (number + 1) * self.band - b
        symbols[: left // 16] = symbols[(b - self.start) // 16 :][: left // 16]
        self.start = b
        return self.words[1], 0
