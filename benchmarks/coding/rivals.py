"""Other ways to store weights without loss, each at its best: the packing and the filter that take least.

Where a compressor of bytes is better off with packed codes, its decoder's time is that of giving the packed bytes back;
unpacking them is not counted. Nor is joining the two fields, where a coder of symbols gets the skewed one alone.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coding.forms import Case, entropy

__all__ = ["RIVALS", "Rival", "Stored", "missing_rivals"]


@dataclass(frozen=True, eq=False)
class Stored:
    """What a method made of a tensor.

    Attributes:
        bits: all that it stores.
        encode: makes it again, for its time; None where that says nothing.
        decode: gives the values back: into the bytes that it gets, or as an object of its own; None likewise.
        expected: what `decode` has to return.
        is_slow: whether decoding a piece once is enough to measure.
    """

    bits: int
    encode: Callable[[], object] | None
    decode: Callable[[np.ndarray], Any] | None
    expected: np.ndarray = field(repr=False)
    is_slow: bool = False

    def is_exact(self, out: np.ndarray) -> bool:
        """Decode and compare."""
        if self.decode is None:
            return True
        decoded = np.frombuffer(self.decode(out), dtype=self.expected.dtype)
        return np.array_equal(decoded[: len(self.expected)], self.expected)


@dataclass(frozen=True)
class Rival:
    """A method.

    Attributes:
        name: for tables.
        module: that it needs.
        store: stores a tensor.
        install: what to do where the module is missing.
    """

    name: str
    module: str
    store: Callable[[Case], Stored]
    install: str


def missing_rivals() -> list[str]:
    """Say of each rival that is not installed what to install."""
    return [f"{rival.name} is left out: {rival.install}" for rival in RIVALS if not is_installed(rival)]


def is_installed(rival: Rival) -> bool:
    """Return whether a rival can be run."""
    return importlib.util.find_spec(rival.module) is not None


ZIPNN_HEADER = 32
ZIPNN_GROUPS = {"float32": (4, 1, 220, 1 << 18), "bfloat16": (2, 1, 10, 1 << 18), "float16": (2, 0, 10, 1 << 18)}
"""Bytes of a number, whether its sign moves to its end, the order of the bytes, and bytes of a chunk, as ZipNN chooses
them for a dtype; all others are taken as it takes float8."""


def zipnn(case: Case) -> Stored:
    """ZipNN: bytes grouped by significance, Huffman codes. Its compiled core does all; its package also needs torch."""
    import zipnn_core

    buffers, bits, order, chunk = ZIPNN_GROUPS.get(case.array.dtype.name, (1, 0, 10, 1 << 17))

    def compress(octets: np.ndarray) -> bytes:
        header = bytearray(ZIPNN_HEADER)
        header[16:24] = len(octets).to_bytes(8, "little")
        spoilt = bytearray(octets)  # it reorders the bits in place
        return zipnn_core.zipnn_core(bytes(header), spoilt, buffers, bits, order, 0, chunk, 0.95, 10, 1)

    stored, octets = min(((compress(octets), octets) for octets in case.packings), key=lambda pair: len(pair[0]))
    body = memoryview(stored)[ZIPNN_HEADER:]
    return Stored(
        8 * len(stored),
        lambda: compress(octets),
        lambda out: zipnn_core.combine_dtype(body, buffers, bits, order, chunk, len(octets), 1),
        octets,
    )


def zstd(level: int) -> Callable[[Case], Stored]:
    """zstd at a level."""

    def store(case: Case) -> Stored:
        import zstandard

        packer, unpacker = zstandard.ZstdCompressor(level=level), zstandard.ZstdDecompressor()
        pairs = ((packer.compress(octets), octets) for octets in case.packings)
        stored, octets = min(pairs, key=lambda pair: len(pair[0]))

        def decode(out: np.ndarray) -> np.ndarray:
            done, reader = 0, unpacker.stream_reader(stored)
            while done < len(octets):
                done += reader.readinto(out[done : len(octets)])
            return out[: len(octets)]

        return Stored(8 * len(stored), lambda: packer.compress(octets), decode, octets)

    return store


def blosc(codec: str) -> Callable[[Case], Stored]:
    """A codec of blosc2 at its highest level, after the better of two shuffles: of bytes, or of bits."""

    def store(case: Case) -> Stored:
        import blosc2

        def compress(octets: np.ndarray, shuffle: str) -> bytes:
            return blosc2.compress2(
                octets,
                typesize=case.array.dtype.itemsize,
                clevel=9,
                codec=blosc2.Codec[codec],
                filters=[blosc2.Filter[shuffle]],
                nthreads=1,
            )

        ways = [(octets, shuffle) for octets in case.packings for shuffle in ("SHUFFLE", "BITSHUFFLE")]
        stored, way = min(((compress(*way), way) for way in ways), key=lambda pair: len(pair[0]))

        def decode(out: np.ndarray) -> np.ndarray:
            blosc2.decompress2(stored, dst=out[: len(way[0])], nthreads=1)
            return out[: len(way[0])]

        return Stored(8 * len(stored), lambda: compress(*way), decode, way[0])

    return store


@dataclass(frozen=True, eq=False)
class Symbols:
    """The skewed upper field of the weights as symbols, the rest as it is.

    Attributes:
        numbers: int32, the symbol of each weight.
        counts: of the symbols.
        raw_bits: bits of the other field, over all weights.
    """

    numbers: np.ndarray
    counts: np.ndarray
    raw_bits: int


def split(case: Case, entry_bits: int) -> Symbols:
    """Split the weights for the least size, with a table of `entry_bits` for each symbol that occurs."""
    patterns, bits = case.patterns, 8 * case.array.dtype.itemsize
    if case.array.dtype.kind == "i":
        symbols, counts = np.unique(patterns, return_inverse=True, return_counts=True)[1:]
        return Symbols(symbols.astype(np.int32), counts, 0)
    kind = patterns.dtype.type
    images = patterns << kind(1) | patterns >> kind(bits - 1)  # the sign behind the magnitude
    low = max(0, bits - 16)
    fields = images >> kind(low)
    counts = np.bincount(fields, minlength=1 << bits - low)
    choices = []
    for cut in range(bits - low):
        some = counts.reshape(-1, 1 << cut).sum(axis=1)
        size = len(patterns) * (entropy(some) + cut + low) + entry_bits * np.count_nonzero(some)
        choices.append((size, cut))
    cut = min(choices)[1]
    some = counts.reshape(-1, 1 << cut).sum(axis=1)
    places = np.cumsum(some > 0) - 1
    return Symbols(places[fields >> kind(cut)].astype(np.int32), some[some > 0], len(patterns) * (cut + low))


RANGE_ENTRY, HUFFMAN_ENTRY = 32, 24
"""Bits of a symbol in the table: 16 for the symbol, and 16 for its probability or 8 for its length."""


def range_coder(case: Case) -> Stored:
    """The range coder of the library constriction, with the shares of the symbols as probabilities."""
    import constriction

    queue, symbols = constriction.stream.queue, split(case, RANGE_ENTRY)
    parts = np.maximum(1, np.rint(symbols.counts * (2**16 / symbols.counts.sum())))
    model = constriction.stream.model.Categorical((parts / parts.sum()).astype(np.float32), perfect=False)

    def encode() -> np.ndarray:
        coder = queue.RangeEncoder()
        coder.encode(symbols.numbers, model)
        return coder.get_compressed()

    words = encode()
    bits = 32 * len(words) + symbols.raw_bits + RANGE_ENTRY * len(symbols.counts)
    size = len(symbols.numbers)
    return Stored(bits, encode, lambda out: queue.RangeDecoder(words).decode(model, size), symbols.numbers, True)


SOME = 2_000
"""Symbols that go through the Huffman coder, which takes one at a time: the size of all follows from its codewords."""


def huffman(case: Case) -> Stored:
    """Huffman codes of the library constriction, whose length is not limited."""
    import constriction

    symbols = split(case, HUFFMAN_ENTRY)
    shares = (symbols.counts / symbols.counts.sum()).astype(np.float64)
    encoder = constriction.symbol.huffman.EncoderHuffmanTree(shares)
    decoder = constriction.symbol.huffman.DecoderHuffmanTree(shares)

    def encoded(some: list[int]) -> Any:
        coder = constriction.symbol.QueueEncoder()
        for symbol in some:
            coder.encode_symbol(symbol, encoder)
        return coder

    lengths = np.array([encoded([i]).get_compressed_and_bitrate()[1] for i in range(len(shares))])
    some = symbols.numbers[:SOME]
    back = encoded(some.tolist()).get_decoder()
    if [back.decode_symbol(decoder) for _ in some] != some.tolist():
        raise SystemExit("the Huffman coder decoded something else")
    bits = int(symbols.counts @ lengths) + symbols.raw_bits + HUFFMAN_ENTRY * len(shares)
    return Stored(bits, None, None, symbols.numbers)


BENCH = "pip install 'xoropt[bench]'"
RIVALS = (
    Rival("ZipNN", "zipnn_core", zipnn, "pip install --no-deps zipnn (it needs a C compiler, and no torch for this)"),
    Rival("zstd −3", "zstandard", zstd(3), BENCH),
    Rival("zstd −19", "zstandard", zstd(19), BENCH),
    Rival("lz4 shuffled", "blosc2", blosc("LZ4"), BENCH),
    Rival("zstd shuffled", "blosc2", blosc("ZSTD"), BENCH),
    Rival("range coder", "constriction", range_coder, BENCH),
    Rival("Huffman", "constriction", huffman, BENCH),
)
"""The methods that are measured, in the order of the tables."""
