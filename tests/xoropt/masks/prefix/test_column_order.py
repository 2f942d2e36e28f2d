"""Moved columns of a packed mask come back to their places."""

from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xoropt.codec.compiled import threads
from xoropt.masks.prefix.column_order import restore_columns


@given(data=st.data())
def test_columns_are_moved_back(data):
    rows, columns, at, jobs = (data.draw(st.integers(*ends)) for ends in ((0, 150), (1, 1200), (0, 130), (1, 2)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    moved = rng.permutation(columns)
    bits = rng.random((rows, columns)) < rng.random()
    octets = np.packbits(
        np.concatenate([rng.random(at) < 0.5, bits.reshape(-1), np.ones(191, bool)]), bitorder="little"
    )
    octets = octets[: len(octets) // 8 * 8]
    with mock.patch.object(threads, "BYTES_PER_THREAD", 1):
        made = np.unpackbits(restore_columns(octets, at, rows, moved, jobs), bitorder="little").astype(bool)
    assert (made[: bits.size].reshape(bits.shape) == bits[:, moved]).all()
    assert not made[bits.size :].any()
