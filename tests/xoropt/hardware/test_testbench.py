"""The files of a testbench."""

import pytest
from hardware_networks import NAMED

import xoropt
from xoropt.hardware import DecoderConfig, design, random_stimulus
from xoropt.hardware.testbench import bench_files


def test_stimulus_files_are_as_long_as_what_they_hold():
    stimulus = random_stimulus(NAMED["staged"], 30, 4)
    files = bench_files(stimulus, design(stimulus.network, stimulus.config()))
    assert files["seeds.hex"].count("\n") == len(stimulus.seeds)
    assert files["patches.hex"].count("\n") == 5
    assert files["expected.hex"].count("\n") == 30


def test_a_decoder_that_does_not_fit_the_stimulus():
    stimulus = random_stimulus(NAMED["staged"], 30, 4)
    with pytest.raises(xoropt.ArgumentError, match="step_bits=5"):
        bench_files(stimulus, design(stimulus.network, DecoderConfig(step_bits=4)))
    with pytest.raises(xoropt.ArgumentError, match="of the stimulus's network"):
        bench_files(stimulus, design(NAMED["block"]))
