"""Bit streams: fields of any width, read back by the reference decoder."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xoropt.codec import bits as streams
from xoropt.codec import reference


@given(st.lists(st.tuples(st.integers(0, 64), st.integers(0, 2**64 - 1)), max_size=40))
def test_bit_streams(pairs):
    widths = np.array([w for w, _ in pairs], dtype=np.int64)
    values = np.array([v & ((1 << w) - 1) for w, v in pairs], dtype=np.uint64)
    data = streams.pack(values, widths)
    assert len(data) == -(-int(widths.sum()) // 8)
    assert (streams.unpack(data, widths) == values).all()
    at = 0
    for width, value in zip(widths.tolist(), values.tolist(), strict=True):
        assert reference.read_bits(data.tobytes(), at, width) == value
        at += width


@given(st.integers(0, 64), st.lists(st.integers(0, 2**64 - 1), max_size=40), st.data())
def test_fixed_bit_streams(width, numbers, data):
    values = np.array([n & ((1 << width) - 1) for n in numbers], dtype=np.uint64)
    stream = streams.pack_fixed(values, width)
    assert (stream == streams.pack(values, np.full(len(values), width))).all()
    first = data.draw(st.integers(0, len(values)))
    assert (streams.unpack_fixed(stream, width, first, len(values) - first) == values[first:]).all()
