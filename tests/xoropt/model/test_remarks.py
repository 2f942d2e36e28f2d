"""What the command says is also a warning in Python."""

import warnings

import numpy as np
import pytest

import xoropt
from xoropt.model.remarks import room_for_zeros

RNG = np.random.default_rng(0)
DENSE = RNG.standard_normal((50, 40)).astype(np.float32)


def test_the_room_for_the_signs_of_zeros():
    zeros = np.zeros(8000, np.float32)
    assert room_for_zeros(zeros) == 0
    zeros[:4000] = -0.0
    assert room_for_zeros(zeros) == 1000  # a bit for each
    zeros[1000:] = 0.0
    assert room_for_zeros(zeros) == pytest.approx(1000 * 0.5436, abs=1)  # the entropy of 1/8
    assert room_for_zeros(zeros.astype(np.int8)) == 0


def test_many_negative_zeros():
    zeros = np.sign(RNG.standard_normal((50, 40))).astype(np.float32) * (RNG.random((50, 40)) < 0.1)
    with pytest.warns(
        xoropt.XoroptWarning, match=r"'w': -0.0 is kept as a value of its own, .* \d+ bytes or more; merge_zeros=True"
    ):
        xoropt.compress({"w": zeros})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xoropt.compress({"w": zeros}, merge_zeros=True)
        xoropt.compress({"w": np.abs(zeros)})


def test_integers_alone():
    codes = RNG.choice([0, 1, -1], (50, 50)).astype(np.int8)
    with pytest.warns(xoropt.XoroptWarning, match="'codes': integers, which are kept exactly"):
        xoropt.compress({"codes": codes}, sparsity=0.9, bits=1)


def test_patterns_that_match_nothing():
    with pytest.raises(
        xoropt.ArgumentError, match=r"'include' has the pattern 'fc\*', which matches no tensor; the near"
    ):
        xoropt.compress({"w": DENSE}, include=("fc*",))
    with pytest.warns(xoropt.XoroptWarning, match=r"'include' has the pattern 'fc\*'"):
        xoropt.compress({"w": DENSE}, include=("fc*", "w"))
    with pytest.warns(xoropt.XoroptWarning, match="'exclude' has the pattern 'v'"):
        xoropt.compress({"w": DENSE}, exclude=("v",))
    assert xoropt.compress({}, include=("fc*",)).tensors == {}
