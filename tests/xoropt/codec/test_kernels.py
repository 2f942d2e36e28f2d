"""The compiled loops, run as plain Python on twins of the vector operations that check every index and alignment."""

import numpy as np
import pytest
from test_decoder import large, packed, same

import xoropt
from xoropt.codec.compiled import kernels, ranges, sequential_decoder
from xoropt.codec.compiled.any_lanes import kernels as narrow
from xoropt.codec.compiled.gfni import kernels as affine
from xoropt.codec.compiled.gfni import plan
from xoropt.codec.compiled.lanes512 import kernels as wide
from xoropt.codec.compiled.one_lane import kernels as serial
from xoropt.codec.compiled.weights import kernels as weight_kernels
from xoropt.codec.streams import ring_decoder
from xoropt.common.memory import address, aligned
from xoropt.common.words import kernels as word_kernels
from xoropt.masks import CODECS
from xoropt.masks.prefix import decode_packed, stored
from xoropt.masks.prefix import kernels as mask_kernels
from xoropt.quantize import Scales

WORDS = 2**64 - 1


KERNELS = (kernels, affine, wide, narrow, serial, weight_kernels, mask_kernels, word_kernels)


def number_at(numbers, i):
    assert 0 <= i < len(numbers)
    return int(numbers[i])


def load_row(words, i):
    words = words[i : i + 64 // words.itemsize]
    assert i >= 0
    assert words.nbytes == 64
    return np.frombuffer(words.tobytes(), np.uint64)


def equal_words(word):
    return np.full(8, int(word) & WORDS, dtype=np.uint64)


def expect(words, i):
    pass


def store_row(words, i, row):
    assert 0 <= i <= len(words) - 8
    words[i : i + 8] = row


def stream_row(words, i, row):
    assert address(words[i:]) % 64 == 0
    store_row(words, i, row)


def turn_row(row, lanes):
    assert (lanes == lanes[0]).all()
    by = int(lanes[0]) & 511
    number = int.from_bytes(row.tobytes(), "little")
    number = (number << by | number >> (512 - by)) & (2**512 - 1)
    return np.frombuffer(number.to_bytes(64, "little"), np.uint64)


def lift_row(row, before, bits):
    assert 0 <= bits < 64
    number = int.from_bytes(row.tobytes(), "little") << 512 | int.from_bytes(before.tobytes(), "little")
    number = (number << int(bits)) >> 512 & (2**512 - 1)
    return np.frombuffer(number.to_bytes(64, "little"), np.uint64)


def only_word(row, i):
    assert 0 <= i < 8
    return np.array([row[i], 0, 0, 0, 0, 0, 0, 0], dtype=np.uint64)


def bits_at(words, i):
    octets = words.view(np.ndarray).view(np.uint8)[i >> 3 :][:8]
    assert len(octets) == 8
    return int.from_bytes(octets.tobytes(), "little") >> (i & 7)


def word_at(words, i):
    words = words.reshape(-1)
    assert 0 <= i >> 6 < len(words) - 1
    return np.uint64(int.from_bytes(words[i >> 6 :][:2].tobytes(), "little") >> (i & 63) & WORDS)


def put_number(numbers, i, number):
    assert 0 <= i < len(numbers)
    numbers[i] = number


def four_at(symbols, i):
    assert 0 <= i <= len(symbols) - 4
    return symbols[i : i + 4].copy().view(np.uint64)[0]


def join_tiles(low, middle, high):
    return low.astype(np.uint32) | middle.astype(np.uint32) << np.uint32(8) | high.astype(np.uint32) << np.uint32(16)


def turn_numbers(block, at, codes, g, step, numbers):
    for i in range(16):
        for t in range(16):
            m = number_at(block, at + 64 * t + i)
            put_number(numbers, 16 * i + t, m)
            zeros = (32 - m.bit_length()) % 32
            put_number(numbers, 256 + 16 * i + t, 32 * number_at(codes, g + step * i + t) + zeros)


def look_up(numbers, at, entries, symbols, out, g):
    for i in range(16):
        entry = number_at(entries, number_at(numbers, 256 + at + i))
        place = (entry >> 6) + (number_at(numbers, at + i) >> (entry & 63))
        put_number(out, g + i, number_at(symbols, place))


def swap(words, i, step, by):
    assert 0 <= i <= len(words) - 7 * step - 8
    places = i + step * np.arange(8)[:, None] + np.arange(8)
    rows = words.view(np.ndarray)[places]
    for apart in (4, 2, 1):
        shift = np.uint64(apart * by)
        mask = np.uint64(WORDS // ((1 << int(shift)) + 1))
        a, b = (rows[[r | bit for r in range(8) if not r & apart]] for bit in (0, apart))
        wrong = (a >> shift ^ b) & mask
        for bit, row in ((0, a ^ wrong << shift), (apart, b ^ wrong)):
            rows[[r | bit for r in range(8) if not r & apart]] = row
    words.view(np.ndarray)[places] = rows


def swap_far(words, i, step):
    swap(words, i, step, 8)


def swap_near(words, i, step):
    swap(words, i, step, 1)


def multiply_octets(vectors, matrices):
    bits = [np.unpackbits(row.view(np.uint8).reshape(8, 8), axis=1, bitorder="little") for row in (vectors, matrices)]
    vectors, matrices = (octets.reshape(8, 8, 8).astype(int) for octets in bits)
    made = vectors @ matrices[:, ::-1].swapaxes(1, 2) % 2
    return np.packbits(made.astype(bool), bitorder="little").view(np.uint64)


def low_octets(a, b):
    quarters = [row.view(np.uint8).reshape(4, 16)[:, :8] for row in (a, b)]
    return np.stack(quarters, axis=2).reshape(64).view(np.uint64)


def high_octets(a, b):
    quarters = [row.view(np.uint8).reshape(4, 16)[:, 8:] for row in (a, b)]
    return np.stack(quarters, axis=2).reshape(64).view(np.uint64)


def shift_row(low, high, bits):
    pairs = zip(low.tolist(), high.tolist(), strict=True)
    return np.array([(a | b << 64) >> (int(bits) & 63) & WORDS for a, b in pairs], dtype=np.uint64)


def copy_octets(words, octets, i, count):
    assert 0 <= count <= len(words) * 8
    assert 0 <= i <= len(octets) - count
    words.view(np.uint8)[:count] = octets[i : i + count]


def zero_tile(array):
    return np.zeros(64, dtype=array.dtype)


def load_tile(array, i):
    assert 0 <= i <= len(array) - 64
    return array[i : i + 64].copy()


def store_tile(array, i, tile):
    assert 0 <= i <= len(array) - 64
    array[i : i + 64] = tile


def stream_tile(array, i, tile):
    assert address(array[i:]) % 64 == 0
    store_tile(array, i, tile)


def bits_of(word):
    return np.unpackbits(np.array([word], dtype=np.uint64).view(np.uint8), bitorder="little").astype(bool)


def choose(tile, word, value):
    return np.where(bits_of(word), np.array(value).astype(tile.dtype), tile)


def mark(tile, word, value):
    return np.where(bits_of(word), tile + np.array(value).astype(tile.dtype), tile)


TWINS = (
    bits_at,
    equal_words,
    expect,
    lift_row,
    number_at,
    only_word,
    multiply_octets,
    low_octets,
    high_octets,
    load_row,
    store_row,
    stream_row,
    turn_row,
    shift_row,
    copy_octets,
    zero_tile,
    load_tile,
    store_tile,
)
TWINS += (stream_tile, choose, mark, four_at, join_tiles, look_up, put_number, word_at)
TWINS += (swap_far, swap_near, turn_numbers)


class Checked(np.ndarray):
    """Words and bytes whose single elements are read and written only where they are."""

    def __getitem__(self, at):
        return super().__getitem__(self._checked(at))

    def __setitem__(self, at, value):
        super().__setitem__(self._checked(at), value)

    def _checked(self, at):
        for i in at if isinstance(at, tuple) else (at,):
            assert isinstance(i, slice) or i >= 0
        return at


@pytest.fixture
def plain(monkeypatch):
    """Puts plain Python in the place of everything compiled."""
    plain = {name: value.py_func for module in KERNELS for name, value in compiled(module)}
    plain |= {twin.__name__: twin for twin in TWINS}
    plain |= {"xor_rows": np.bitwise_xor, "add_rows": np.add, "fence": lambda: None}
    for module in (*KERNELS, ring_decoder, sequential_decoder, ranges):
        for name, value in plain.items():
            if name in vars(module):
                monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(sequential_decoder, "aligned", lambda *size: aligned(*size).view(Checked))
    for module in (ring_decoder, sequential_decoder, ranges):  # of just the size that is asked for
        monkeypatch.setattr(module, "borrow", lambda words: aligned(words).view(Checked))
        monkeypatch.setattr(module, "give_back", lambda array: None)
    with np.errstate(over="ignore"):
        yield


def compiled(module):
    return [(name, value) for name, value in vars(module).items() if hasattr(value, "py_func")]


CASES = [
    ("auto", None, 9000),
    ("staged:n_in=2,n_out=22,nodes=4,taps=3,reads=2,memory=4,node_window=64", "lanes:lanes=512", 30_011),
    ("staged:n_in=2,n_out=22,nodes=4,taps=6,reads=3,memory=4,node_window=64", "lanes:lanes=512", 30_011),
    ("windowed:n_in=1,n_out=12,window=64,taps=4", "lanes:lanes=512", 20_000),
    ("windowed:n_in=3,n_out=31,window=24,taps=none", "straight:lanes=512", 20_000),
    ("windowed:n_in=3,n_out=31,window=24,taps=none", "lanes:lanes=8", 3001),
    ("windowed:n_in=8,n_out=90,window=64,taps=none", "lanes:lanes=512", 20_000),
    ("windowed:n_in=20,n_out=190,window=40,taps=none", "lanes:lanes=512", 40_000),
    ("windowed:n_in=8,n_out=80,window=64,taps=6", "lanes:lanes=128", 9000),
    ("staged:n_in=2,n_out=22,nodes=4,taps=3,reads=2,memory=4,node_window=64", "lanes:lanes=1024", 9000),
    ("windowed:n_in=8,n_out=80,window=64,taps=none", None, 3000),
    ("block:n_in=20,n_out=180", None, 3000),
    ("block:n_in=31,n_out=300", None, 3000),
    ("block:n_in=64,n_out=560", None, 9000),
    ("block:n_in=9,n_out=31", None, 3000),
    ("sequential:n_in=8,n_out=80,n_s=2", None, 3000),
]


@pytest.mark.parametrize(("network", "order", "size"), CASES)
@pytest.mark.parametrize("stream", [False, True])
def test_no_index_leaves_its_array(plain, monkeypatch, network, order, size, stream):
    monkeypatch.setattr(plan, "has_gfni", lambda: False)
    decodes(monkeypatch, network, order, size, stream)


@pytest.mark.parametrize(("network", "order", "size"), [case for case in CASES if "taps=none" in case[0] and case[1]])
@pytest.mark.parametrize("stream", [False, True])
def test_no_index_of_the_affine_loops_leaves_its_array(plain, monkeypatch, network, order, size, stream):
    monkeypatch.setattr(plan, "has_gfni", lambda: True)
    decodes(monkeypatch, network, order, size, stream)


def decodes(monkeypatch, network, order, size, stream):
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0 if stream else 1 << 40)
    encoded = large(network, order, planes=1, size=size)
    expected = xoropt.decode(encoded, "numpy")
    assert same(xoropt.decode(encoded, "compiled", output="planes"), packed(expected))
    rows = slice(size // 3, size // 3 + 700)
    assert same(xoropt.decode(encoded, "compiled", rows=rows, output="planes"), packed(expected[:, rows]))
    assert same(xoropt.decode(encoded, "compiled", rows=rows), expected[:, rows])


@pytest.mark.parametrize("columns", [64, 67, 640])
@pytest.mark.parametrize("uneven", [False, "rows", "columns"])
def test_no_index_of_a_mask_leaves_its_array(plain, columns, uneven):
    rng = np.random.default_rng(columns)
    form = (90, columns) if uneven == "columns" else (60, columns)
    mask = rng.random(form) < 0.1
    if uneven == "rows":
        mask = rng.random(form) < np.where(np.arange(60) % 2, 0.02, 0.3)[:, None]
    elif uneven == "columns":
        mask = rng.random(form) < np.where(rng.random(columns) < 0.5, 0.02, 0.5)
    parts = CODECS["prefix"].encode(mask)
    assert bool(parts["mask"][3]) == (uneven == "columns")
    octets, start = decode_packed(parts, mask.shape, mask.size, 0, mask.size)
    bits = np.unpackbits(octets, bitorder="little")[-start:][: mask.size]
    assert (bits.astype(bool) == mask.reshape(-1)).all()


@pytest.mark.parametrize(("planes", "rows"), [(1, 64), (2, 1), (3, 64)])
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_no_index_of_weights_under_a_mask_leaves_its_array(plain, monkeypatch, planes, rows):
    monkeypatch.setattr(stored, "BAND", 3)
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0)
    rng = np.random.default_rng(planes)
    density = rng.choice([0.02, 0.4], 704) if planes == 3 else 0.1  # then columns are moved
    mask, bits = rng.random((64, 704)) < density, rng.random((planes, 64, 704)) < 0.5
    levels = Scales(rng.standard_normal((planes, rows)).astype(np.float32), np.dtype(np.float32))
    encoded = xoropt.encode(
        bits, mask, "windowed:n_in=1,n_out=9,window=64,taps=4", order="lanes:lanes=512", planes=True
    )
    tensor = xoropt.CompressedTensor(mask.shape, levels, "prefix", CODECS["prefix"].encode(mask), encoded)
    expected = xoropt.decompress_tensor(tensor, "numpy")
    for part in (slice(0, 64), slice(5, 50)):
        assert (xoropt.decompress_tensor(tensor, "compiled", rows=part, jobs=1) == expected[part]).all()
