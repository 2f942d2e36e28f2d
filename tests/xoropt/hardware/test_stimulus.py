"""The stimulus of a decoder."""

import numpy as np
import pytest
from hardware_networks import NAMED

import xoropt
from xoropt.codec.packed.encoding import PackedValues
from xoropt.hardware import random_stimulus, stimulus_of


def test_the_stimulus_of_blocks():
    """Two blocks of two outputs from a seed bit each: y0 = s, y1 = 0, so that the last care bit needs a patch."""
    network = xoropt.networks.from_matrix(np.array([[1], [0]]))
    encoded = xoropt.encode(np.array([1, 0, 0, 1], bool), np.ones(4, bool), network, solver="greedy")
    stimulus = stimulus_of(encoded)
    assert stimulus.seeds.tolist() == [[True], [False]]
    assert stimulus.first.tolist() == [True, False]
    assert stimulus.counts.tolist() == [2, 2]
    assert stimulus.patches.tolist() == [[1, 1]]
    assert stimulus.expected.tolist() == [[True, False], [False, True]]
    assert stimulus.known.all()
    config = stimulus.config()
    assert (config.step_bits, config.rate_bits) == (2, 0)
    assert stimulus.patch_words(config).tolist() == [0b01_1, 0b11_0]  # step and place, then the end mark


def test_a_random_stimulus_is_what_was_asked_for():
    stimulus = random_stimulus(NAMED["windowed"], 40, 7, seed=1)
    assert (len(stimulus.counts), len(stimulus.patches)) == (40, 7)
    assert stimulus.known.all()
    again, other = (random_stimulus(NAMED["windowed"], 40, 7, seed=seed) for seed in (1, 2))
    assert (again.seeds == stimulus.seeds).all()
    assert (other.seeds != stimulus.seeds).any()
    with pytest.raises(xoropt.ArgumentError, match="'patches' must be from 0 to 17"):
        random_stimulus(NAMED["windowed"], 1, 18)


def test_what_has_no_stimulus():
    with pytest.raises(xoropt.ArgumentError, match="without a network"):
        stimulus_of(PackedValues((4,), 3, np.array([[5]], dtype=np.uint8)))
    with pytest.raises(xoropt.ArgumentError, match="no values"):
        stimulus_of(xoropt.encode(np.zeros(0, bool), np.zeros(0, bool), NAMED["block"]))
