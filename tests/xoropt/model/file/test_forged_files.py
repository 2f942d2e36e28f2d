"""Forged files with right checksums: refused by name, or read the same by every decoder, whole and row by row."""

import numpy as np
import pytest
from test_damaged_files import rewrite

import xoropt
from xoropt import CompressConfig
from xoropt.model.decompression import decompress_tensor
from xoropt.model.file.tensor_entries import checksum

FORGED = 250
"""Forged files of each kind."""

LARGEST = 1 << 24
"""The most bytes that a forged file is decompressed to."""


def weights():
    """Draw tensors whose masks take different codecs."""
    rng = np.random.default_rng(0)
    sign = rng.choice(np.array([-1, 1], dtype=np.int8), (240, 128))
    uneven = rng.random((240, 128)) < np.where(np.arange(240)[:, None] % 2, 0.3, 0.003)
    of_four = (rng.random((240, 32, 4)).argsort(axis=2) < 2).reshape(240, 128)
    few = of_four.copy()
    few[3, 17:90] = False
    blocks = np.kron(rng.random((80, 32)) < 0.3, np.ones((3, 4), dtype=bool))
    rows = np.zeros((240, 128), dtype=bool)
    rows[::7] = rng.random((35, 128)) < 0.5
    masks = {
        "uneven": uneven,
        "2:4": of_four,
        "few": few,
        "blocks": blocks,
        "rows": rows,
        "triangle": np.tri(240, 128, dtype=bool),
    }
    return {name: np.where(mask, sign, np.int8(0)) for name, mask in masks.items()}


def products():
    """Draw tensors that are codes with scales of blocks, complex ones, and a mask that repeats itself."""
    rng = np.random.default_rng(0)
    codes = np.rint(rng.standard_normal((120, 64)) * 3).astype(np.int8).astype(np.float32)
    return {
        "columns": codes * rng.random((1, 64)).astype(np.float32),
        "groups": codes * rng.random((120, 2)).astype(np.float32).repeat(32, axis=1),
        "pairs": np.where(codes > 3, codes + 1j * rng.standard_normal(codes.shape), 0).astype(np.complex64),
        "repeated": (2 * codes + 1).astype(np.int8) * np.tile(rng.random((12, 64)) < 0.5, (10, 1)),
    }


KINDS = {
    "auto": CompressConfig(),
    "block": CompressConfig(network="block:n_in=12,n_out=40,seed=1", solver="greedy"),
    "open": CompressConfig(network="windowed:n_in=8,n_out=10,window=64,taps=4", order="rows"),
    "lanes": CompressConfig(network="windowed:n_in=8,n_out=14,window=64,taps=none", order="lanes:lanes=8"),
    "smallest": CompressConfig(mask="smallest"),
    "products": CompressConfig(),
}
NUMBERS = (0, 1, 2, 3, 7, 8, 63, 64, 65, 240, 1000, 1 << 16, 1 << 31, 1 << 40, -1)


def change_value(value, rng):
    """Change one number or text within a value of the description."""
    if isinstance(value, dict) and value:
        key = [*value][rng.integers(len(value))]
        return value | {key: change_value(value[key], rng)}
    if isinstance(value, list) and value:
        i = int(rng.integers(len(value)))
        return [*value[:i], change_value(value[i], rng), *value[i + 1 :]]
    if isinstance(value, int):
        return int(value + rng.integers(-2, 3)) if rng.random() < 0.5 else NUMBERS[rng.integers(len(NUMBERS))]
    if isinstance(value, str) and value:
        digits = [i for i, letter in enumerate(value) if letter.isdecimal()]
        i = digits[rng.integers(len(digits))] if digits and rng.random() < 0.8 else int(rng.integers(len(value)))
        return value[:i] + str(rng.integers(10)) + value[i + 1 :]
    return NUMBERS[rng.integers(len(NUMBERS))]


def forge(rng):
    """Make a function for `rewrite` that changes one or two things of a tensor, in its entry or in its parts."""

    def change(description, arrays):
        tensors = description["tensors"]
        name = [*tensors][rng.integers(len(tensors))]
        number, entry = [*tensors].index(name), tensors[name]
        for _ in range(rng.integers(1, 3)):
            if rng.random() < 0.5:
                key = [key for key in entry if key != "crc32"][rng.integers(len(entry) - 1)]
                entry[key] = change_value(entry[key], rng)
                continue
            pools = [pool for pool, shapes in description["pools"].items() if shapes[number] is not None]
            pool = pools[rng.integers(len(pools))]
            at, size = place_in(description["pools"][pool], number)
            if size:
                octets = arrays[pool] = arrays[pool].copy()
                octets.view(np.uint8)[(at + int(rng.integers(size))) * octets.itemsize] ^= 1 << int(rng.integers(8))
        parts = {}
        for pool, shapes in description["pools"].items():
            if shapes[number] is not None:
                at, size = place_in(shapes, number)
                parts[pool.rpartition("::")[0]] = arrays[pool][at : at + size].reshape(shapes[number])
        entry["crc32"] = checksum(parts)

    return change


def place_in(shapes, number):
    """Return the first element of a tensor's part in a pool, and how many it has."""
    sizes = [0 if shape is None else int(np.prod(shape)) for shape in shapes]
    return sum(sizes[:number]), sizes[number]


def read(tensor, decoder, rows=None):
    """Decompress a tensor or some of its rows; None where it is refused."""
    try:
        return decompress_tensor(tensor, decoder, rows=rows)
    except xoropt.DecodeError:
        return None


def decompress(path):
    """Decompress a file; return the arrays, or the message with which it is refused."""
    try:
        return xoropt.decompress(path, max_size=LARGEST)
    except xoropt.FormatError as error:
        return str(error)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_decoders_agree_on_forged_files(kind, tmp_path):
    rng = np.random.default_rng(sum(map(ord, kind)))
    original, path = tmp_path / "original", tmp_path / "forged"
    xoropt.save(xoropt.compress(products() if kind == "products" else weights(), KINDS[kind]), original)
    accepted = 0
    for _ in range(FORGED):
        path.write_bytes(original.read_bytes())
        rewrite(path, forge(rng))
        if isinstance(made := decompress(path), str):
            assert str(path) in made
            assert "\n" not in made
            continue
        accepted += 1
        for name, tensor in xoropt.load(path).tensors.items():
            whole, other = read(tensor, "numpy"), read(tensor, "compiled")
            assert (whole is None) == (other is None), name
            if whole is None:
                continue
            assert whole.tobytes() == other.tobytes(), name
            for first in (0, len(whole) // 2, len(whole) - 1) if whole.size else ():
                for decoder in ("numpy", "compiled"):
                    row = read(tensor, decoder, slice(first, first + 1))
                    assert row is not None, name
                    assert row.tobytes() == whole[first : first + 1].tobytes(), name
    assert accepted > FORGED / 20


def test_the_forger_changes_what_it_should(tmp_path):
    """Some of its files are read, with other weights than the original's: their checksums are right."""
    original, path = tmp_path / "original", tmp_path / "forged"
    arrays = weights()
    xoropt.save(xoropt.compress(arrays), original)
    rng, other = np.random.default_rng(0), 0
    for _ in range(30):
        path.write_bytes(original.read_bytes())
        rewrite(path, forge(rng))
        if isinstance(made := decompress(path), str):
            assert "checksum differs" not in made
        else:
            other += any(made[name].tobytes() != array.tobytes() for name, array in arrays.items())
    assert other > 2
