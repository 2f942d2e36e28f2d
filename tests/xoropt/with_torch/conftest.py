"""A network with compressed layers and its dense twin. A folder 'torch' would hide the package."""

import pytest
from torch_models import dense_twin, three_layers


@pytest.fixture
def compressed():
    """The network with compressed layers."""
    from xoropt.torch import compress_module

    return compress_module(three_layers(), sparsity=0.8, bits=2, patches="greedy")


@pytest.fixture
def twin(compressed):
    """The dense network with the weights of `compressed`."""
    return dense_twin(compressed)
