"""Weights under a prefix-coded mask: those of a band are written while the groups of the next band are looked up."""

from typing import NamedTuple

import numpy as np

from xoropt.masks.mask_codec import KeptValues, Parts
from xoropt.masks.prefix.column_order import ColumnMover, column_mover
from xoropt.masks.prefix.lookup import lookup_tables
from xoropt.masks.prefix.stored import PrefixMask, parse_mask
from xoropt.masks.prefix.unpacking import BANDS_AT_ONCE, band_outputs, unpack_scratch

__all__ = ["write_weights"]


class PendingWeights(NamedTuple):
    """Weights whose mask and planes are decoded, and which `unpack_groups` writes while it looks groups up.

    Attributes:
        planes: uint64 (planes, words), bits of the planes.
        at: the bit of weight `first` in each plane.
        mask: uint64, bits of the mask.
        mask_at: the bit of weight `first` in the mask.
        table: the weight for every code, as in `KeptValues`.
        row_length: weights that share a row of the table.
        first: the first weight to write.
        stop: the weight after the last one.
        out: where to write, flat.
        begin: the weight that `out` begins with.
        stream: whether to write past the caches.
    """

    planes: np.ndarray
    at: int
    mask: np.ndarray
    mask_at: int
    table: np.ndarray
    row_length: int
    first: int
    stop: int
    out: np.ndarray
    begin: int
    stream: bool


def write_weights(
    parts: Parts,
    shape: tuple[int, ...],
    size: int,
    first: int,
    stop: int,
    values: KeptValues,
    jobs: int | None,
    out: np.ndarray | None,
) -> np.ndarray | None:
    """Write weights first … stop − 1 while their mask is decoded, see `MaskCodec.write_weights`."""
    coded = parse_mask(parts, shape, size)
    if not _suits(coded, values, first, stop):
        return None
    from xoropt.codec.compiled import ranges, threads
    from xoropt.codec.compiled.reader import borrow, give_back
    from xoropt.codec.compiled.weights.kernels import expand
    from xoropt.common.memory import aligned
    from xoropt.common.words.kernels import flip_bits
    from xoropt.masks.prefix.kernels import unpack_groups

    reader, flips, table, row_length = values
    if out is None:
        out = aligned(stop - first, table.dtype, first)
    stream = ranges.use_streaming_stores(out, first)
    band, unit = 16 * coded.band_groups, 1 if coded.column_places is None else coded.columns  # weights
    begin, end = first // band, -(-stop // band)
    tables = lookup_tables(coded.densities, coded.group_size, coded.group_outputs)
    outputs, listed = band_outputs(coded, begin, end), coded.listed_within(first, stop)
    move = None if coded.column_places is None else column_mover(coded.column_places)

    def run(bands: list[int]) -> None:
        low, high = (min(max(first, number * band // unit * unit), stop) for number in (bands[0], bands[-1] + 1))
        numbers = list(range(low // band, bands[-1] + 1))  # a row that begins in another thread's band is this one's
        cuts = [min(max(low, number * band // unit * unit), high) for number in (*numbers, bands[-1] + 1)]
        batches = [(cuts[i], cuts[min(i + BANDS_AT_ONCE, len(numbers))]) for i in range(0, len(numbers), BANDS_AT_ONCE)]
        mask_words = (band + unit) // 64 + 8  # a word is read beyond the last
        plane_words = ranges.words_per_plane(reader, [(a, b) for a, b in batches if a < b])
        spare = borrow(2 * mask_words + len(flips) * plane_words)
        masks = BandMasks(spare[: 2 * mask_words].reshape(2, mask_words), band, numbers[0] * band, coded.columns, move)
        planes = spare[2 * mask_words :][: len(flips) * plane_words].reshape(len(flips), plane_words)
        scratch = unpack_scratch()
        unused = spare.view(np.uint8), spare.view(table.dtype)  # by `expand`, for as few planes as these
        pending = PendingWeights(planes, 0, spare, 0, table, row_length, first, first, out, first, stream)
        origin = first
        for i, (number, _, words, codes) in enumerate(outputs(numbers)):
            symbols = masks.symbols(number)
            unpack_groups(words, coded.band_tiles, coded.group_outputs, codes, *tables, *scratch, symbols, pending)
            (a, b), batch_end = cuts[i : i + 2], batches[i // BANDS_AT_ONCE][1]
            mask, at = masks.take(number, a, b)
            if len(listed):
                flip_bits(mask, listed, a, b, a - at)
            if i % BANDS_AT_ONCE == 0 and a < batch_end:  # the weights of earlier batches are written
                origin = ranges.fill_planes(reader, flips, a, batch_end, planes)
            c = a if number == numbers[-1] else min(b, a + band)  # at most a band of them is pending
            pending = PendingWeights(planes, a - origin, mask, at, table, row_length, a, c, out, first, stream)
            if c < b:
                now = planes, c - origin, mask, at + c - a, True, table, row_length, c, b, *unused, out, first, stream
                expand(*now)
        give_back(spare)

    threads.run_on_threads(list(range(begin, end)), threads.choose_threads(jobs, out.nbytes), run)
    return out


def _suits(coded: PrefixMask, values: KeptValues, first: int, stop: int) -> bool:
    """Check whether `unpack_groups` can write these weights, and whether columns are moved in whole rows."""
    from xoropt.codec.compiled.weights.kernels import FEW

    if not (coded.fills_words and 0 < len(values.flips) <= FEW):
        return False
    multiples = [first, stop]
    if coded.column_places is not None:
        if first % coded.columns or stop % coded.columns:
            return False
        multiples.append(coded.columns)
    if len(values.table) > 1:
        multiples.append(values.row_length)
    return all(weights % 64 == 0 for weights in multiples)


class BandMasks:
    """Working memory for the mask of one band after the other.

    Without moved columns it holds two bands by turns. With moved columns it holds the bits as they are looked up, and
    the whole rows among them with their columns moved back.
    """

    def __init__(self, words: np.ndarray, band: int, start: int, columns: int, move: ColumnMover | None) -> None:
        """Set up the memory.

        Args:
            words: uint64 (2, words).
            band: the weights of a band.
            start: the first weight.
            columns: of the mask.
            move: moves columns back; None where they are in their places.
        """
        self.words, self.band, self.start, self.columns, self.move = words, band, start, columns, move

    def symbols(self, number: int) -> np.ndarray:
        """Return the place for the symbols of a band's groups, uint16."""
        if self.move is None:
            self.words, self.start = self.words[::-1], number * self.band
        return self.words[0].view(np.uint16)[(number * self.band - self.start) // 16 :]

    def take(self, number: int, a: int, b: int) -> tuple[np.ndarray, int]:
        """Return the mask of weights a … b − 1, uint64, and the bit of the first of them.

        The groups of the band must have been looked up. Where columns are moved, a … b − 1 are whole rows, and the rest
        of the band is kept for the next one. The mask is valid until the next band is looked up.
        """
        if self.move is None:
            return self.words[0], a - self.start
        self.move(self.words[0], a - self.start, (b - a) // self.columns, self.words[1])
        symbols, left = self.words[0].view(np.uint16), (number + 1) * self.band - b
        symbols[: left // 16] = symbols[(b - self.start) // 16 :][: left // 16]
        self.start = b
        return self.words[1], 0
