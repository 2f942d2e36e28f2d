"""`warm_up`: what a synthesis compiles is compiled before its clock starts."""

import pytest
from xoropt_solvers.compiling import noticed

import xoropt
from xoropt.circuits import synthesize
from xoropt.circuits.warming import warm_up


@pytest.mark.parametrize("method", ["auto", "paar"])
def test_nothing_is_left_to_compile(method):
    warm_up(method)
    matrix = xoropt.networks.random_block(n_in=10, n_out=30, seed=0).matrix()
    with noticed() as found:
        synthesize(matrix, method, time_limit=0.3)
    assert not found.kernels


def test_bad_arguments():
    with pytest.raises(xoropt.ArgumentError, match="max_inputs"):
        warm_up(max_inputs=9)
