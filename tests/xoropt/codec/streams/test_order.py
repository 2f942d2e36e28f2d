"""The stream order: a permutation, the same for encoder, decoder and definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xoropt.codec.streams.banded.equations import collect_care_bits
from xoropt.codec.streams.numpy_decoder import _place_weights
from xoropt.codec.streams.order import ORDERS, order_from_recipe, row_multiplier, to_stream


@given(st.integers(1, 200), st.sampled_from([1, 2, 8, 64]), st.sampled_from(ORDERS[1:]))
def test_order_is_a_permutation(rows, lanes, kind):
    order = order_from_recipe(f"{kind}:lanes={lanes}")
    weights = np.arange(rows * lanes)
    stream = to_stream(order, weights)
    assert np.array_equal(np.sort(stream.reshape(-1)), weights)
    p, lane = rows // 2, lanes - 1
    expected = (p * order.multiplier(rows) % rows) * lanes + (lane + p * order.rotation) % lanes
    assert stream[p, lane] == expected
    care_bits = collect_care_bits(np.ones(rows * lanes, dtype=bool), order, rows)
    assert np.array_equal(care_bits.weights, stream.T.reshape(-1))
    assert np.array_equal(care_bits.stream_rows, np.tile(np.arange(rows), lanes))
    assert np.array_equal(care_bits.starts, np.arange(lanes + 1) * rows)


@given(st.integers(0, 2**32 - 1), st.integers(1, 200), st.sampled_from([1, 2, 8, 64]), st.sampled_from(ORDERS[1:]))
def test_the_decoder_undoes_the_order(seed, rows, lanes, kind):
    order = order_from_recipe(f"{kind}:lanes={lanes}")
    weights = np.random.default_rng(seed).random(rows * lanes) < 0.5
    stream = np.packbits(to_stream(order, weights), axis=1, bitorder="little")
    assert np.array_equal(_place_weights(order, stream), weights)


def test_row_multiplier_has_no_common_factor():
    assert [row_multiplier(rows) for rows in (1, 2, 3, 4, 12, 100)] == [1, 1, 2, 3, 11, 77]
    assert all(np.gcd(row_multiplier(rows), rows) == 1 for rows in range(1, 3000))
