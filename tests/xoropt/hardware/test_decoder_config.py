"""The configuration of a decoder."""

import pytest

import xoropt
from xoropt.hardware import DecoderConfig


@pytest.mark.parametrize(
    "settings", [{"fifo": 1}, {"flips": 4}, {"flips": 0}, {"step_bits": 1}, {"fifo": 300}, {"rate_bits": -1}]
)
def test_values_out_of_range(settings):
    with pytest.raises(xoropt.ArgumentError):
        DecoderConfig(**settings)


def test_widths():
    config = DecoderConfig(step_bits=9)
    assert [config.place_bits(n_out) for n_out in (1, 2, 3, 180, 256, 257)] == [1, 1, 2, 8, 8, 9]
    assert config.patch_bits(180) == 17
