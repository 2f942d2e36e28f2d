"""The examples in the docstrings of `xoropt.networks`."""

import doctest
import importlib
import pkgutil

import pytest

from xoropt import networks

MODULES = [module.name for module in pkgutil.walk_packages(networks.__path__, "xoropt.networks.")]
WITHOUT = {"draws", "network", "primitive", "registry", "stages", "topologies"}
WITHOUT |= {"optimize", "estimate", "kernels", "moves", "search"}
"""Modules and packages without an example."""


@pytest.mark.parametrize("module", MODULES)
def test_examples(module):
    result = doctest.testmod(importlib.import_module(module))
    assert bool(result.attempted) == (module.rpartition(".")[2] not in WITHOUT)
    assert not result.failed
