"""The cycle model alone: bounds that hold whatever the patches, and what it says of clusters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt.hardware import DecoderConfig, PortRates, count_cycles


def one_run(steps, lag=0):
    first = np.zeros(steps + lag, dtype=bool)
    first[0] = True
    return first, np.full(steps, 10)


def test_without_patches_a_step_a_cycle():
    first, counts = one_run(100, lag=7)
    found = count_cycles(first, counts, np.array([]), 7)
    assert (found.cycles, found.filling, found.outputs) == (108, 8, 1000)
    assert found.outputs_per_cycle == 1000 / 108


@given(
    steps=st.lists(st.integers(0, 49), max_size=120).map(sorted),
    lag=st.integers(0, 5),
    flips=st.integers(1, 4),
    ports=st.tuples(*[st.integers(60, 256)] * 3),
)
def test_bounds(steps, lag, flips, ports):
    first, counts = one_run(50, lag)
    found = count_cycles(first, counts, np.array(steps), lag, DecoderConfig(fifo=6, flips=flips), PortRates(*ports))
    assert (found.steps, found.outputs) == (50, 500)
    waits = found.waiting_for_seeds + found.filling + found.waiting_for_patches + found.waiting_to_be_taken
    assert found.cycles == 50 + waits
    most = np.bincount(np.array(steps, dtype=int), minlength=50)
    if ports == (256, 256, 256):
        assert found.cycles >= lag + 1 + np.maximum(1, -(-most // flips)).sum()


def test_a_cluster_stalls_and_a_deeper_fifo_with_more_flips_does_less():
    first, counts = one_run(1000)
    clustered = np.repeat(np.arange(0, 1000, 20), 8)  # 8 patches in every twentieth step
    cycles = [
        count_cycles(first, counts, clustered, 0, DecoderConfig(f, k)).cycles for f, k in ((2, 1), (9, 1), (9, 8))
    ]
    assert cycles[0] > cycles[1] > cycles[2]
    assert cycles[1] == pytest.approx(1000 + 50 * 7, abs=60)
    spread = np.arange(0, 1000, 2)[:400]  # as many, one a step
    assert count_cycles(first, counts, spread, 0).cycles < cycles[1]


def test_wrong_arguments():
    first, counts = one_run(10, lag=2)
    with pytest.raises(xoropt.ArgumentError, match="steps"):
        count_cycles(first, counts[:-1], np.array([]), 2)
    with pytest.raises(xoropt.ArgumentError, match="outputs"):
        PortRates(outputs=0)
