"""The topologies: which seed bits each output reads. One file each, one line in the registry."""

from collections.abc import Callable

from xoropt.networks.network import XorNetwork
from xoropt.networks.topologies.block import random_block
from xoropt.networks.topologies.matrix import spelt_matrix
from xoropt.networks.topologies.sequential import sequential
from xoropt.networks.topologies.staged import staged
from xoropt.networks.topologies.windowed import windowed

__all__ = ["TOPOLOGIES"]

TOPOLOGIES: dict[str, Callable[..., XorNetwork]] = {
    "block": random_block,
    "matrix": spelt_matrix,
    "sequential": sequential,
    "staged": staged,
    "windowed": windowed,
}
"""What stands before the colon of a recipe, and the function that its keys are given to."""
