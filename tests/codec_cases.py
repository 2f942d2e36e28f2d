"""Cases that several tests of the codec share: networks, drawn encodings, and how decoded bits are compared."""

import math
import warnings
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from searches import fastest

import xoropt
from xoropt import networks
from xoropt.codec.packed.encoding import pack_values
from xoropt.codec.packed.octets import PackedOctets
from xoropt.codec.stacked import stack
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.networks import random_block, sequential, staged, windowed

NETWORKS = (
    windowed(n_in=8, n_out=20, window=64, taps=None, seed=1),
    windowed(n_in=3, n_out=7, window=21, taps=4, seed=2),
    windowed(n_in=64, n_out=150, window=512, taps=8, seed=3),
    windowed(n_in=1, n_out=2, window=1984, taps=6, seed=4),
    sequential(n_in=4, n_out=9, n_s=1, seed=5),
    staged(n_in=1, n_out=12, nodes=2, taps=4, reads=3, memory=40, node_window=64, seed=6),
    staged(n_in=8, n_out=11, nodes=12, taps=3, reads=2, memory=4, node_window=48, seed=7),
    random_block(n_in=10, n_out=25, seed=8),
)
"""Windowed networks of every kind, small ones; the last is a block network."""


def random_planes(rng, count, shape, density, shared):
    """Make random planes, and a mask for all of them or one for each."""
    bits = rng.random((count, *shape)) < 0.5
    care = rng.random(shape if shared else (count, *shape)) < density
    return bits, care


@st.composite
def block_cases(draw):
    """Draw bits, care, a block network and whether planes have masks of their own.

    There are no weights, one or many, and no care bits, some or all.
    """
    shape = tuple(draw(st.lists(st.integers(0, 9), min_size=0, max_size=3)))
    planes = draw(st.integers(0, 4))
    density = draw(st.sampled_from([0.0, 0.05, 0.3, 1.0]))
    n_in = draw(st.integers(1, 64))
    n_out = draw(st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits = rng.random((planes, *shape)) < 0.5
    own = draw(st.booleans())
    care = rng.random((planes, *shape) if own else shape) < density
    return bits, care, networks.random_block(n_in, n_out, draw(st.integers(0, 9))), own


@st.composite
def some_networks(draw):
    """Draw a small network of any topology, odd ones included."""
    kind = draw(st.sampled_from(["block", "sequential", "sparse", "dense", "staged", "nodes", "cascade", "matrix"]))
    seed = draw(st.integers(0, 9))
    if kind == "block":
        return networks.random_block(draw(st.integers(1, 64)), draw(st.integers(1, 1100)), seed)
    if kind == "sequential":
        return networks.sequential(8, draw(st.integers(20, 90)), draw(st.integers(0, 3)), seed)
    if kind == "staged":
        n_in, reads = draw(st.sampled_from([1, 2, 4, 8])), draw(st.integers(1, 3))
        return networks.staged(n_in, draw(st.integers(60, 300)), 12, 3, reads, 8, 64, seed)
    if kind == "nodes":
        return networks.staged(1, draw(st.integers(4, 40)), 2, 4, 3, 48, 64, seed)
    if kind == "cascade":  # as `auto` makes them, and chained ones
        n_in, layers, chained = draw(st.sampled_from([1, 1, 3])), draw(st.integers(1, 6)), draw(st.integers(0, 3))
        return networks.cascade(n_in, draw(st.integers(4, 40)), layers, draw(st.integers(6, 60)), 24, chained, seed)
    if kind == "matrix":
        rng = np.random.default_rng(seed)  # rows without a tap occur
        return networks.from_matrix(
            rng.random((draw(st.integers(1, 90)), 12)) < 0.2, draw(st.sampled_from([1, 2, 3, 4, 12]))
        )
    n_in = draw(st.sampled_from([1, 3, 8, 16, 64]))
    window = n_in * draw(st.integers(2, 9))
    taps = None if kind == "dense" else draw(st.integers(1, min(8, window - n_in + 1)))
    return networks.windowed(n_in, draw(st.integers(2, 12)) * n_in, window, taps, seed)


orders = st.one_of(
    st.none(),
    st.just("lanes:lanes=512"),
    st.builds("{}:lanes={}".format, st.sampled_from(["lanes", "straight"]), st.sampled_from([2**i for i in range(13)])),
)


@st.composite
def encodings(draw):
    """Draw an encoding of no weights up to several segments, with patches in any places."""
    network, order = draw(some_networks()), draw(orders)
    shape = draw(
        st.sampled_from([(), (0, 3), (1,), (63,), (64,), (65,), (7, 11), (40, 25), (3, 5, 47), (9, 1024), (130, 100)])
    )
    planes, own = draw(st.integers(1, 3)), draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits = rng.random((planes, *shape)) < 0.5
    care = rng.random((planes, *shape) if own else shape) < draw(st.sampled_from([0.0, 0.05, 0.1, 0.4, 1.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        encoded = xoropt.encode(bits, care, network, order=order, planes=True, **fastest(network, order))
    if isinstance(encoded, xoropt.StreamEncoded) and draw(st.booleans()):
        size = math.prod(shape)
        flips = [np.sort(rng.permutation(size)[: draw(st.integers(0, 20))]) for _ in range(planes)]
        encoded = replace(encoded, patches=pack_stream_patches(flips, size))
    if not isinstance(encoded, xoropt.StreamEncoded):
        return encoded
    raw = [raw_planes(rng, kind, shape) for kind in draw(st.lists(st.sampled_from(["octets", "packed"]), max_size=2))]
    return stack(draw(st.permutations([encoded, *raw])))


def raw_planes(rng, kind, shape):
    """Make random planes that care for every weight: eight or sixteen as octets, up to three packed."""
    if kind == "octets":
        return PackedOctets(shape, rng.integers(0, 256, (rng.integers(1, 3), math.prod(shape)), dtype=np.uint8))
    return pack_values(rng.random((rng.integers(0, 4), *shape)) < 0.5, np.ones(shape, dtype=bool))


@st.composite
def ranges(draw, rows):
    """Draw a range of rows."""
    first = draw(st.integers(0, rows))
    return slice(first, draw(st.integers(first, rows)))


def large(network="auto", order=None, planes=2, size=700_000):
    """Encode random planes of many weights."""
    rng = np.random.default_rng(5)
    bits, care = rng.random((planes, size)) < 0.5, rng.random(size) < 0.1
    return xoropt.encode(bits, care, network, order=order, **({} if network == "auto" else fastest(network, order)))


def packed(bits):
    """Pack bits, weight i at bit i % 64 of word i // 64."""
    flat = bits.reshape(len(bits), math.prod(bits.shape[1:]))
    padded = np.zeros((len(flat), -(-flat.shape[1] // 64) * 64), dtype=bool)
    padded[:, : flat.shape[1]] = flat
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def same(a, b):
    """Compare dtypes, shapes and values."""
    return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())
