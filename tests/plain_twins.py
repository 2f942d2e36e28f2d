"""Twins of the vector intrinsics in plain Python, which check every index and alignment."""

import numpy as np

from xoropt.common.memory import address

WORDS = 2**64 - 1


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


def transpose_numbers(block, at, codes, g, step, numbers):
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


def look_up_octets(table, i, codes):
    assert 0 <= 256 * i <= len(table) - 256
    return table[256 * i :][codes]


def join_octets(octets, out):
    parts = [load_tile(octets, 64 * b).astype(out.dtype) << out.dtype.type(8 * b) for b in range(out.itemsize)]
    return np.bitwise_or.reduce(parts)


def join_two(low, high, out):
    return low.copy() if out.itemsize == 1 else low.astype(out.dtype) | high.astype(out.dtype) << out.dtype.type(8)


def gather_octets(words, places, k, at, out, to):
    tiles = np.zeros((8, 64), dtype=np.uint8)
    for j in range(8):
        row = load_row(words, number_at(places, k + j) + at)
        tiles = np.stack([mark(tile, word, 1 << j) for tile, word in zip(tiles, row, strict=True)])
    assert 0 <= to <= len(out) - 512
    out[to : to + 512] = tiles.reshape(-1)


def keep_bits(tile, bits):
    assert 0 <= bits < 256
    return tile & np.uint8(bits)


def shift_up(tile, by):
    assert 0 <= by < 8 * tile.itemsize
    return tile << tile.dtype.type(by)


def move_sign(tile, by):
    one, top = tile.dtype.type(1), tile.dtype.type(8 * tile.itemsize - 1)
    return shift_up(tile >> one, by) | tile << top


def turn_sign(tile):
    return move_sign(tile, 0)


TWINS = {
    twin.__name__: twin
    for twin in (
        *(bits_at, choose, copy_octets, equal_words, expect, four_at, high_octets, join_tiles, lift_row, load_row),
        *(join_octets, join_two, keep_bits, gather_octets, look_up_octets, move_sign, shift_up, turn_sign),
        *(load_tile, look_up, low_octets, mark, multiply_octets, number_at, only_word, put_number, shift_row),
        *(store_row, store_tile, stream_row, stream_tile, swap_far, swap_near, transpose_numbers, turn_row, word_at),
        zero_tile,
    )
} | {"add_bits": np.bitwise_or, "add_rows": np.add, "fence": lambda: None, "xor_rows": np.bitwise_xor}
"""The twins by the names of the intrinsics."""


class Checked(np.ndarray):
    """Words or bytes that refuse negative indices, at which NumPy reads from the end."""

    def __getitem__(self, at):
        return super().__getitem__(self._checked(at))

    def __setitem__(self, at, value):
        super().__setitem__(self._checked(at), value)

    def _checked(self, at):
        for i in at if isinstance(at, tuple) else (at,):
            assert isinstance(i, slice) or i >= 0
        return at
