"""Forged masks: what the checks accept, every decoder reads the same, as a whole and from rows alone."""

import math

import numpy as np
import pytest

import xoropt
from xoropt.masks import CODECS, low_rank
from xoropt.masks.coding import check_parts
from xoropt.masks.gap_coded import pack_positions, unpack_positions
from xoropt.masks.mask_codec import DESCRIPTION

FORGED = 3000
"""Forged masks of each example."""


def factors(shape, high, wide, rank):
    """Draw the factors of a low-rank mask, bits beyond its edges among them."""
    rng = np.random.default_rng(0)
    tiles = -(-shape[0] // high) * -(-math.prod(shape[1:]) // wide)
    return low_rank.BinaryFactors(
        shape, high, wide, rng.random((tiles, high, rank)) < 0.3, rng.random((tiles, rank, wide)) < 0.3
    )


def uneven(columns=100):
    """Draw a mask with nearly empty rows, which prefix codes list."""
    density = np.where(np.arange(240)[:, None] % 2, 0.3, 0.003)
    return np.random.default_rng(0).random((240, columns)) < density


def examples():
    """Masks by name, as codec, shape and parts."""
    rng = np.random.default_rng(1)
    triangle, dense = np.tri(60, dtype=bool), np.zeros((60, 100), dtype=bool)
    triangle[5, 3], triangle[9, 40] = False, True
    dense[[3, 9, 40]] = rng.random((3, 100)) < 0.5
    masks = {
        "prefix": uneven(),
        "prefix in words": uneven(512),
        "entropy": rng.random((60, 100)) < 0.2,
        "n_of_m": (rng.random((40, 25, 4)).argsort(axis=2) < 2).reshape(40, 100),
        "n_of_m at a distance": (rng.random((10, 4, 30)).argsort(axis=1) < 2).reshape(40, 30),
        "blocks": np.kron(rng.random((10, 20)) < 0.3, np.ones((4, 4), dtype=bool)),
        "blocks in a view": np.kron(rng.random((10, 20)) < 0.3, np.ones((3, 5), dtype=bool)),
        "spans": np.arange(100) < rng.integers(0, 100, (60, 1)),
        "exceptions": triangle,
        "within": dense,
        "positions": rng.random((60, 100)) < 0.02,
        "bitmap": rng.random((60, 100)) < 0.4,
        "deltas": (rng.random((4, 100)) < 0.5)[rng.integers(0, 4, 60)],
        "deltas deflated": rng.random((60, 100)) < 0.01,
    }
    made = {name: (name.split()[0], mask.shape, CODECS[name.split()[0]].encode(mask)) for name, mask in masks.items()}
    for shape, high, wide, rank in (((60, 100), 16, 24, 3), ((33, 50), 10, 10, 9), ((20, 5, 9), 20, 45, 4)):
        parts = low_rank.encode(factors(shape, high, wide, rank))
        made[f"low_rank {shape}"] = "low_rank", shape, parts
    return made


def forge(parts, rng):
    """Change one to three bytes or lengths of some parts."""
    parts = dict(parts)
    for _ in range(rng.integers(1, 4)):
        name = [name for name in parts if name != DESCRIPTION][rng.integers(len(parts) - (DESCRIPTION in parts))]
        data = parts[name].copy()
        at = int(rng.integers(len(data) if rng.random() < 0.5 else min(len(data), 40))) if len(data) else 0
        match rng.integers(5):
            case 0 if len(data):
                data[at] ^= 1 << int(rng.integers(8))
            case 1 if len(data):
                data[at] = rng.integers(256)
            case 2 if len(data):
                data[at] = (int(data[at]) + 1) % 256
            case 3:
                data = data[: rng.integers(len(data) + 1)]
            case _:
                data = np.append(data, rng.integers(0, 256, rng.integers(1, 9), dtype=np.uint8))
        parts[name] = data
    return parts


def bits_of(codec, parts, shape, first, stop, packed):
    """Decode a range, packed or not; None where it is refused."""
    size = math.prod(shape)
    try:
        if not packed:
            return codec.decode(parts, shape, size, first, stop).reshape(-1)
        octets, begin = codec.decode_packed(parts, shape, size, first, stop)
        if octets is None:
            return np.ones(stop - first, dtype=bool)
        return np.unpackbits(octets, bitorder="little")[first - begin :][: stop - first].view(bool)
    except xoropt.DecodeError:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("name", examples())
def test_decoders_agree_on_forged_masks(name):
    codec_name, shape, parts = examples()[name]
    codec, size = CODECS[codec_name], math.prod(shape)
    rng = np.random.default_rng(sum(map(ord, name)))
    each, read = size // shape[0], 0
    for _ in range(FORGED):
        forged = forge(parts, rng)
        whole, other = (bits_of(codec, forged, shape, 0, size, packed) for packed in (False, True))
        assert (whole is None) == (other is None)
        try:
            check_parts(codec_name, forged, shape, size)
            accepted = True
        except xoropt.DecodeError:
            accepted = False
            assert whole is None
        if whole is None:
            continue
        read += accepted
        assert (whole == other).all()
        for a, b in ((0, 1), (shape[0] // 3, shape[0] // 2), (shape[0] - 1, shape[0])):
            for packed in (False, True):
                some = bits_of(codec, forged, shape, a * each, b * each, packed)
                assert some is not None
                assert (some == whole[a * each : b * each]).all()
    assert read > (0 if codec_name == "deltas" else 20)  # of which few changes are still a compressed stream


@pytest.mark.parametrize("columns", [100, 512])
def test_a_listed_weight_of_a_coded_group_is_refused(columns):
    """NumPy would keep it, the compiled loops would flip it."""
    mask = uneven(columns)
    parts = CODECS["prefix"].encode(mask)
    listed = unpack_positions(parts["mask_listed"], mask.size, 0, mask.size)
    coded = np.flatnonzero(mask[1])[0] + columns  # of a dense row
    forged = parts | {"mask_listed": pack_positions(np.union1d(listed, [coded]), mask.size)}
    for packed in (False, True):
        assert (bits_of(CODECS["prefix"], parts, mask.shape, 0, mask.size, packed) == mask.reshape(-1)).all()
        assert bits_of(CODECS["prefix"], forged, mask.shape, 0, mask.size, packed) is None
        assert bits_of(CODECS["prefix"], forged, mask.shape, columns, 2 * columns, packed) is None
    with pytest.raises(xoropt.DecodeError, match="lists a weight of a group that has a codeword"):
        check_parts("prefix", forged, mask.shape, mask.size)


@pytest.mark.parametrize(
    ("shape", "high", "wide", "rank"),
    [
        ((60, 100), 16, 24, 3),
        ((33, 50), 10, 10, 10),
        ((7, 9), 1, 1, 1),
        ((1500, 700), 3, 5, 3),
        ((1500, 3000), 1500, 9, 9),
    ],
)
def test_a_low_rank_mask_is_the_product_of_its_factors(shape, high, wide, rank):
    product = factors(shape, high, wide, rank)
    across = -(-shape[1] // wide)
    expected = np.zeros((-(-shape[0] // high) * high, across * wide), dtype=bool)
    for number, (a, b) in enumerate(zip(product.left, product.right, strict=True)):
        i, j = number // across * high, number % across * wide
        expected[i : i + high, j : j + wide] = a.astype(int) @ b.astype(int) > 0
    expected = expected[: shape[0], : shape[1]]
    assert (product.mask() == expected).all()
    parts = low_rank.encode(product)
    for a, b in ((0, 1), (shape[0] // 3, shape[0] // 2), (0, shape[0])):
        some = CODECS["low_rank"].decode(parts, shape, expected.size, a * shape[1], b * shape[1])
        assert (some.reshape(-1, shape[1]) == expected[a:b]).all()


def test_classes_that_take_no_bits_take_no_memory():
    """A file may claim any number of rows."""
    head = {"mask": np.zeros(3, dtype=np.uint8)}
    check_parts("entropy", head, (1, 1 << 30), 1 << 30)
    with pytest.raises(xoropt.DecodeError, match="does not fit into memory"):
        check_parts("entropy", head, (1, 1 << 60), 1 << 60)
    with pytest.raises(xoropt.DecodeError, match="ends too early"):
        check_parts("prefix", {"mask": np.array([8, 0, 1, 0, 9, 9], dtype=np.uint8)}, (1 << 30, 8), 1 << 33)


@pytest.mark.parametrize("inner", ["exceptions", "within", "prefix", "positions", "", "é"])
def test_a_mask_builds_only_on_one_with_a_structure(inner):
    """Not on itself again and again."""
    letters = inner.encode()
    data = np.frombuffer(bytes([len(letters)]) + letters + bytes(40), dtype=np.uint8)
    for codec in ("exceptions", "within"):
        with pytest.raises(xoropt.DecodeError, match="names no codec with a structure"):
            check_parts(codec, {"mask": data}, (8, 8), 64)


@pytest.mark.parametrize(
    ("codec", "data", "message"),
    [
        ("blocks", [255, 1, 65, 0, 0, 0, 2, 0, 0, 0, 0] + [0] * 5, "does not fit the shape"),
        ("blocks", [255, 1, 64, 0, 0, 0, 0, 0, 0, 0, 0] + [0] * 5, "does not fit the shape"),
        ("blocks", [255, 1, 64, 0, 0, 0, 65, 0, 0, 0, 0] + [0] * 5, "does not fit the shape"),
        ("blocks", [255, 9] + [1, 0, 0, 0] * 18, "head of the mask of blocks is damaged"),
        ("blocks", [255, 1, 64, 0, 0, 0, 2, 0, 0, 0, 3] + [0] * 4, "unknown form"),
        ("blocks", [255, 1, 64, 0, 0, 0, 2, 0, 0, 0, 0] + [0] * 3, "does not fit the shape"),
        ("n_of_m", [0, 17, 2, 1, 1, 0, 0, 0], "does not fit the shape"),
        ("n_of_m", [0, 4, 2, 17, 0, 0, 0, 0] + [0] * 6, "does not fit the shape"),
        ("n_of_m", [0, 4, 2, 17, 5, 0, 0, 0] + [0] * 6, "does not fit the shape"),
        ("spans", [0] * 19, "does not fit the shape"),
        ("spans", [0] * 8 + [3, 0] + [0] * 10, "head of the mask of spans is damaged"),
        ("spans", [0] * 8 + [1, 49] + [0] * 10, "head of the mask of spans is damaged"),
        ("spans", [0] * 7 + [127, 1, 0] + [0] * 10, "head of the mask of spans is damaged"),
        ("spans", [0] * 8 + [1, 1] + [0] * 10, "does not fit the shape"),
    ],
)
def test_heads_that_do_not_fit_are_refused(codec, data, message):
    with pytest.raises(xoropt.DecodeError, match=message):
        check_parts(codec, {"mask": np.array(data, dtype=np.uint8)}, (8, 8), 64)
