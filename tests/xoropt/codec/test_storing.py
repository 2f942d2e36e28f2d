"""Encodings as bytes: the same bytes for the same encoding, and back; damage is refused."""

import numpy as np
import pytest

import xoropt
from xoropt.codec.packed.encoding import pack_values

RNG = np.random.default_rng(0)
CARE = RNG.random((40, 300)) < 0.2
BITS = RNG.random((2, 40, 300)) < 0.5
BLOCK, WINDOWED = "block:n_in=12,n_out=60,seed=1", "windowed:n_in=8,n_out=40,window=64,taps=4"
MADE = {
    "block": lambda: xoropt.encode(BITS, CARE, BLOCK),
    "one plane": lambda: xoropt.encode(BITS[0], CARE, BLOCK),
    "windowed": lambda: xoropt.encode(BITS, CARE, WINDOWED),
    "windowed, no axis": lambda: xoropt.encode(BITS[0], CARE, WINDOWED),
    "rows": lambda: xoropt.encode(BITS, CARE, WINDOWED, order="rows"),
    "auto": lambda: xoropt.encode(BITS, CARE),
    "no planes": lambda: xoropt.encode(BITS[:0], CARE),
    "nothing": lambda: xoropt.encode(BITS[:, :0], CARE[:0]),
    "packed": lambda: pack_values(BITS, CARE),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_there_and_back(name):
    encoded = MADE[name]()
    data = encoded.to_bytes()
    mask = CARE if encoded.needs_mask else None
    for again in (xoropt.from_bytes(data), type(encoded).from_bytes(data), xoropt.from_bytes(bytearray(data))):
        assert type(again) is type(encoded)
        assert again.planes == encoded.planes
        assert again.size == encoded.size
        assert np.array_equal(xoropt.decode(again, mask=mask), xoropt.decode(encoded, mask=mask))
        assert again.to_bytes() == data
    assert len(data) < encoded.size.total_bits / 8 + 1000


def test_damage_is_refused():
    data = MADE["windowed"]().to_bytes()
    for at in [*range(0, 400, 7), *range(len(data) - 60, len(data))]:
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        try:
            again = xoropt.from_bytes(bytes(changed))
        except xoropt.XoroptError:
            continue
        assert again.to_bytes() == data  # blanks in the header, for example
    for cut in (b"", data[:5], data[:-1], data + b"x", b"text", b"{}"):
        with pytest.raises(xoropt.FormatError):
            xoropt.from_bytes(cut)


def test_another_class_says_so():
    with pytest.raises(xoropt.FormatError, match=r"no BlockEncoded; read them with xoropt\.from_bytes"):
        xoropt.BlockEncoded.from_bytes(MADE["windowed"]().to_bytes())


@pytest.mark.parametrize("name", ["block", "one plane", "windowed", "auto"])
@pytest.mark.parametrize("vectors", [(), (3,)])
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_products(name, vectors, monkeypatch):
    monkeypatch.setattr("xoropt.codec.products.TILE", 1000)
    encoded, x = MADE[name](), RNG.standard_normal((300, *vectors))
    bits = BITS if encoded.planes else BITS[0]
    assert np.allclose(xoropt.matvec(encoded, x, mask=CARE), (bits & CARE) @ x)
    assert np.allclose(xoropt.matvec(encoded, x), xoropt.decode(encoded) @ x)
    assert xoropt.matvec(encoded, x.astype(np.float32)).dtype == np.float32


def test_products_that_do_not_fit():
    encoded = MADE["block"]()
    with pytest.raises(xoropt.ArgumentError, match="'x' must have 300 rows"):
        xoropt.matvec(encoded, np.ones(299))
    with pytest.raises(xoropt.ArgumentError, match="'mask' must be a bool array of shape"):
        xoropt.matvec(encoded, np.ones(300), mask=CARE[1:])
    with pytest.raises(xoropt.ArgumentError, match="'tensor' must be a tensor of a model or an encoding"):
        xoropt.matvec(np.ones((3, 4)), np.ones(4))
    packed = pack_values(BITS, CARE)
    assert np.allclose(xoropt.matvec(packed, np.ones(300), mask=CARE), (BITS & CARE).sum(axis=2))
    with pytest.raises(xoropt.XoroptError, match="mask"):
        xoropt.matvec(packed, np.ones(300))
