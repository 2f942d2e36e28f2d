"""Masks that repeat themselves: each weight's bit is added to the one some weights before, and the rest is deflated.

A weight that is as far before as a row is long lies above, one more lies diagonally above. So rows that are alike,
attention masks of bands, triangles, blocks and global tokens, checkerboards and other short periods leave a few bits
set, and whatever repeats is found by the compressor: that of zlib, or LZMA2 (both are in Python's own library).

The part `mask` is a byte, 0 for deflated data (RFC 1951, without a header) and 1 for LZMA2; a byte, the number of lags,
0 to 2; as little-endian uint32 each lag, and the bytes of each chunk but the last; then the chunks. A chunk is the bits
of 2^20 weights, the last one those that are left, and decoded by itself: its bits as a bitmap, in which lag after lag,
the last one first, is undone: from the first bit on, each bit is added to the one as many before, modulo 2.
"""

import lzma
import math
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks.density_classes import ByteReader, matrix_shape
from xoropt.masks.mask_codec import CHUNK, MaskCodec, MaskPlan, Parts

__all__ = ["CODEC"]

DEFLATED, LZMA2 = range(2)

MOST_LAGS = 2
"""The most lags."""

SAMPLE, SAMPLED_ROWS = 1 << 17, 16
"""Weights, and rows, in the middle of a mask by which lags are chosen, as many at least."""

WORTH = 0.97
"""The share of what another codec takes that this one may take, by the sample, to be worth planning."""

HARDLY_ANYTHING = 0.03
"""The share of a bitmap that a sample takes which consists of repetitions."""

FEWEST = 64
"""Bytes of another codec from which on this one may win."""

FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0, "dict_size": 1 << 17}]
"""How bits are modelled: no byte says anything of the next one but by repeating. A chunk has 2^17 bytes."""


class Packed(NamedTuple):
    """A stored mask.

    Attributes:
        method: DEFLATED or LZMA2.
        lags: whose bits are added.
        chunks: compressed.
    """

    method: int
    lags: tuple[int, ...]
    chunks: list[bytes]

    @property
    def nbytes(self) -> int:
        """The bytes of the part `mask`."""
        return 2 + 4 * (len(self.lags) + max(0, len(self.chunks) - 1)) + sum(map(len, self.chunks))


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return packer.compress(data) + packer.flush()


def _lzma(data: bytes) -> bytes:
    return lzma.compress(data, format=lzma.FORMAT_RAW, filters=FILTERS)


METHODS: tuple[Callable[[bytes], bytes], ...] = (_deflate, _lzma)


def _lag_choices(mask: np.ndarray) -> list[tuple[int, ...]]:
    """Return the lags that are tried: none, left, above, diagonally above, and above all of that."""
    most = min(mask.size, CHUNK)  # a longer lag does nothing within a chunk
    rows = dict.fromkeys(n for n in (mask.shape[-1], matrix_shape(mask.shape, mask.size)[1]) if 1 < n < most)
    return [(), (1,), *(lags for n in rows for lags in ((n,), (n + 1,), (n, n + 1)))]


def _sample(mask: np.ndarray) -> np.ndarray:
    """Return neighbouring weights from the middle of a mask, flat."""
    size = min(CHUNK, max(SAMPLE, SAMPLED_ROWS * mask.shape[-1]))
    first = max(0, mask.size - size) // 2
    return np.ascontiguousarray(mask).reshape(-1)[first : first + size]


def _residue(flat: np.ndarray, lags: tuple[int, ...]) -> bytes:
    """Add to each bit the one that lies a lag before, lag after lag, and pack them."""
    for lag in lags:
        moved = flat.copy()
        moved[lag:] ^= flat[:-lag]
        flat = moved
    return np.packbits(flat, bitorder="little").tobytes()


def is_worth_planning(mask: np.ndarray, others: int) -> bool:
    """Return whether a sample of the mask takes less than its share of the bytes that another codec takes.

    Where it takes hardly anything, what it takes says little of the whole mask, and planning takes little time.
    """
    if others < FEWEST or mask.ndim == 0:
        return False
    sample = _sample(mask)
    most = max(WORTH * others * sample.size / mask.size, HARDLY_ANYTHING * sample.size / 8)
    return any(len(zlib.compress(_residue(sample, lags), 6)) < most for lags in _lag_choices(mask))


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan the part `mask` by making it, with the lags that are best for a sample; None for an empty tensor."""
    if mask.ndim == 0 or not mask.size:
        return None
    sample, flat = _sample(mask), np.ascontiguousarray(mask).reshape(-1)
    residues = [(lags, _residue(sample, lags)) for lags in _lag_choices(mask)]
    made = []
    for method, pack in enumerate(METHODS):
        sizes = [(len(pack(residue)), i) for i, (_, residue) in enumerate(residues)]
        lags = residues[min(sizes)[1]][0]
        chunks = [pack(_residue(flat[first : first + CHUNK], lags)) for first in range(0, mask.size, CHUNK)]
        made.append(Packed(method, lags, chunks))
    best = min(made, key=lambda packed: packed.nbytes)
    lengths = [len(chunk) for chunk in best.chunks[:-1]]
    head = np.array([*best.lags, *lengths], dtype="<u4").tobytes()
    data = bytes([best.method, len(best.lags)]) + head + b"".join(best.chunks)
    return MaskPlan.of_parts({"mask": np.frombuffer(data, dtype=np.uint8)})


def _parse(parts: Parts, size: int) -> Packed:
    """Parse and check the part `mask`, whose chunks are not decoded yet."""
    reader = ByteReader(parts.get("mask", np.zeros(0, np.uint8)))
    method, count = reader.take(2, np.uint8).tolist()
    if method >= len(METHODS) or count > MOST_LAGS or not size:
        raise DecodeError("the head of the mask of deltas is damaged")
    lags = tuple(reader.take(count, "<u4").tolist())
    lengths = reader.take(-(-size // CHUNK) - 1, "<u4").tolist()
    if 0 in lags:
        raise DecodeError("the head of the mask of deltas is damaged")
    chunks = [reader.take(length, np.uint8).tobytes() for length in lengths]
    return Packed(method, lags, [*chunks, reader.rest(np.uint8).tobytes()])


def _decompress(packed: Packed, chunk: int, octets: int) -> np.ndarray:
    """Decompress a chunk: uint8."""
    data = packed.chunks[chunk]
    try:
        if packed.method == DEFLATED:
            inflater = zlib.decompressobj(-15)
            made = inflater.decompress(data, octets + 1)
            done, rest = inflater.eof, inflater.unused_data
        else:
            decoder = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=FILTERS)
            made = decoder.decompress(data, octets + 1)
            done, rest = decoder.eof, decoder.unused_data
    except (zlib.error, lzma.LZMAError, EOFError):
        raise DecodeError("the mask of deltas is damaged") from None
    if len(made) != octets or not done or rest:
        raise DecodeError("the mask of deltas does not fit the shape")
    return np.frombuffer(made, dtype=np.uint8)


def _chunk(packed: Packed, chunk: int, size: int) -> np.ndarray:
    """Decode a chunk to one bit a weight: uint8."""
    count = min(CHUNK, size - chunk * CHUNK)
    octets = _decompress(packed, chunk, -(-count // 8))
    for lag in reversed(packed.lags):
        octets = _undo(octets, lag, count)
    return octets


def _undo(octets: np.ndarray, lag: int, count: int) -> np.ndarray:
    """Add to each bit the one that lies a lag before, from the first one on."""
    if lag >= count:
        return octets
    if lag % 8 == 0:
        return _accumulate(octets, lag // 8)
    flat = np.unpackbits(octets, count=count, bitorder="little")
    return np.packbits(_accumulate(flat, lag), bitorder="little")


def _accumulate(flat: np.ndarray, lag: int) -> np.ndarray:
    if lag == 1:
        return np.bitwise_xor.accumulate(flat)
    rows = np.zeros((-(-len(flat) // lag), lag), dtype=np.uint8)
    rows.reshape(-1)[: len(flat)] = flat
    return np.bitwise_xor.accumulate(rows, axis=0).reshape(-1)[: len(flat)]


def decode_packed(
    parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None
) -> tuple[np.ndarray, int]:
    """Decode the chunks in which weights first … stop − 1 lie, see `MaskCodec.decode_packed`."""
    packed, begin = _parse(parts, size), first // CHUNK
    if stop <= first:
        return np.zeros(0, dtype=np.uint8), first
    bits = np.empty(-(-(min(size, math.ceil(stop / CHUNK) * CHUNK) - begin * CHUNK) // 8), dtype=np.uint8)
    for chunk in range(begin, -(-stop // CHUNK)):
        octets = _chunk(packed, chunk, size)
        bits[(chunk - begin) * CHUNK // 8 :][: len(octets)] = octets
    return bits, begin * CHUNK


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`."""
    bits, begin = decode_packed(parts, shape, size, first, stop, None)
    return np.unpackbits(bits, count=max(begin, stop) - begin, bitorder="little")[first - begin :].view(bool)


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the head of the part `mask`, see `MaskCodec.check`."""
    _parse(parts, size)


CODEC = MaskCodec(plan, decode, packed_decoder=decode_packed, is_worth_planning=is_worth_planning, check=check)
