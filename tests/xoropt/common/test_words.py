"""Compiled loops over packed bits give what NumPy gives on unpacked ones."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xoropt.common.words.kernels import flip_bits, put_bits


def bits_of(words):
    return np.unpackbits(words.view(np.uint8), bitorder="little")


def random_words(rng, count):
    return rng.integers(0, 2**64, count, dtype=np.uint64)


@given(st.integers(0, 200), st.integers(0, 300), st.integers(0, 200), st.integers(0, 2**32))
def test_bits_are_put_anywhere(at, count, to, seed):
    rng = np.random.default_rng(seed)
    source, out = random_words(rng, ((at + count) >> 6) + 2), random_words(rng, (to + count + 63) // 64 + 1)
    before, wanted = bits_of(out), bits_of(source)[at : at + count]
    put_bits(source, at, count, out, to)
    after, end = bits_of(out), (to + count + 63) // 64 * 64 if count else to
    assert (after[to : to + count] == wanted).all()
    assert (after[:to] == before[:to]).all()
    assert (after[end:] == before[end:]).all()


@given(st.lists(st.integers(0, 999), unique=True), st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 63))
def test_places_of_a_range_are_flipped(places, a, b, before):
    first, stop = min(a, b), max(a, b)
    at = np.array(sorted(places), dtype=np.int64)
    origin = max(0, first - before)
    words = random_words(np.random.default_rng(0), 16)
    wanted = bits_of(words)
    wanted[at[(at >= first) & (at < stop)] - origin] ^= 1
    flip_bits(words, at, first, stop, origin)
    assert (bits_of(words) == wanted).all()
