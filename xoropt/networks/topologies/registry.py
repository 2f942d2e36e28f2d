"""The topologies by the names that recipes give them; a topology has one file and one line here."""

from collections.abc import Callable

from xoropt.networks.network import XorNetwork
from xoropt.networks.topologies.block import random_block
from xoropt.networks.topologies.cascade import cascade
from xoropt.networks.topologies.circulant import circulant
from xoropt.networks.topologies.convolutional import convolutional
from xoropt.networks.topologies.explicit_matrix import explicit_matrix
from xoropt.networks.topologies.explicit_stages import explicit_stages
from xoropt.networks.topologies.fixed_taps import fixed_taps
from xoropt.networks.topologies.lfsr import lfsr
from xoropt.networks.topologies.progressive import progressive
from xoropt.networks.topologies.regular import regular
from xoropt.networks.topologies.ring_generator import ring_generator
from xoropt.networks.topologies.sequential import sequential
from xoropt.networks.topologies.staged import staged
from xoropt.networks.topologies.toeplitz import toeplitz
from xoropt.networks.topologies.windowed import windowed

__all__ = ["TOPOLOGIES"]

TOPOLOGIES: dict[str, Callable[..., XorNetwork]] = {
    "block": random_block,
    "cascade": cascade,
    "circulant": circulant,
    "convolutional": convolutional,
    "fixed_taps": fixed_taps,
    "lfsr": lfsr,
    "matrix": explicit_matrix,
    "progressive": progressive,
    "regular": regular,
    "ring_generator": ring_generator,
    "sequential": sequential,
    "staged": staged,
    "stages": explicit_stages,
    "toeplitz": toeplitz,
    "windowed": windowed,
}
"""For each word before the colon of a recipe the function that gets the keys behind it."""
