"""Segments: their steps, their layouts in a file, and layouts that do not fit."""

import dataclasses

import numpy as np
import pytest
from codec_cases import NETWORKS
from hypothesis import given
from hypothesis import strategies as st

from xoropt import DecodeError
from xoropt.codec.streams.order import order_from_recipe
from xoropt.codec.streams.segments import Layout, assign_steps, check_layout, cut_segments, join_layouts, split_layouts
from xoropt.networks import windowed


@given(st.integers(1, 300), st.integers(1, 200), st.sampled_from([1, 3, 8]))
def test_steps_make_outputs_evenly(rows, seed_rows, n_in):
    network = windowed(n_in=n_in, n_out=-(-rows * n_in // seed_rows), window=n_in, taps=1)
    step, output = assign_steps(order_from_recipe("lanes:lanes=1"), rows, seed_rows, network)
    first = [t * n_in * rows // seed_rows for t in range(-(-seed_rows // n_in) + 1)]
    assert (np.diff(step) >= 0).all()
    assert (step * n_in < seed_rows).all()
    assert all(p == first[t] + j for p, (t, j) in enumerate(zip(step, output, strict=True)))
    assert output.max() < network.n_out


def test_layouts_join_and_split():
    several = Layout(np.array([5, 900, 31]), np.array([0, 77, 12345]))
    single = Layout(np.array([7]), np.array([40]))
    description, table = join_layouts((several, single))
    assert description == [[3, 10, 14], [7, 40]]
    assert 8 * len(table) - several.table_bits < 16
    for layout, again in zip((several, single), split_layouts(description, table), strict=True):
        assert np.array_equal(layout.rows, again.rows)
        assert np.array_equal(layout.seed_bits, again.seed_bits)
    with pytest.raises(DecodeError, match="table of segments"):
        split_layouts(description, table[:-1])


def test_layouts_that_do_not_fit():
    network, order = NETWORKS[0], order_from_recipe("lanes:lanes=8")
    with pytest.raises(DecodeError, match="hold 3 rows"):
        check_layout(Layout(np.array([3]), np.array([24])), order, 25, network)
    with pytest.raises(DecodeError, match="more outputs in a step"):
        check_layout(Layout(np.array([30]), np.array([8])), order, 240, network)
    with pytest.raises(DecodeError, match="open stream"):
        check_layout(Layout(np.array([30]), np.array([8])), order_from_recipe("rows"), 30, network)
    wide = dataclasses.replace(network, n_out=1 << 40)
    with pytest.raises(DecodeError, match="a segment is too long"):  # steps would be counted beyond 64 bits
        check_layout(
            Layout(np.array([1 << 44]), np.array([1 << 20])), order_from_recipe("lanes:lanes=1"), 1 << 44, wide
        )


def test_cuts_leave_few_bits_in_the_last_seed_row():
    order = order_from_recipe("lanes:lanes=512")
    care = np.random.default_rng(0).random(2_000_000) < 0.3
    plain, moved = (cut_segments(care, order, 10, 10, 1, 4, whole_rows) for whole_rows in (False, True))
    assert plain.rows.sum() == moved.rows.sum()
    assert (np.abs(np.cumsum(plain.rows - moved.rows)) <= 8).all()
    last = lambda layout: ((layout.seed_bits[:-1] - 1) % 512).mean()  # noqa: E731
    assert last(moved) < 60 < last(plain)
