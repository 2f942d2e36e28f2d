"""`warm_up`: what a search for circuits compiles is compiled before its clock starts."""

import pytest
from xoropt_solvers.compiling import noticed

import xoropt
from xoropt.circuits import synthesize, warm_up


@pytest.mark.parametrize(("method", "bounded"), [("auto", False), ("auto", True), ("paar", False)])
def test_nothing_is_left_to_compile(method, bounded):
    warm_up(method, bounded)
    matrix = xoropt.networks.random_block(n_in=10, n_out=30, seed=0).matrix()
    with noticed() as found:
        synthesize(matrix, method, time_limit=0.3, max_depth=12 if bounded else None)
    assert not found.kernels


def test_what_the_method_cannot_do():
    with pytest.raises(xoropt.ArgumentError, match="can't keep a depth bound"):
        warm_up("paar2", bounded=True)
    with pytest.raises(xoropt.ArgumentError, match="'max_inputs'"):
        warm_up(max_inputs=9)
