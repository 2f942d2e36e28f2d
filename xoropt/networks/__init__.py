"""XOR-gate networks: the fixed binary matrices between seeds and outputs, their recipes, graphs and measures."""

from xoropt.networks.drawing import draw, save_drawing
from xoropt.networks.graph import from_networkx, to_networkx
from xoropt.networks.measuring import Measures, measures
from xoropt.networks.network import XorNetwork
from xoropt.networks.recipes import from_recipe
from xoropt.networks.staged_graph import to_circuit_graph
from xoropt.networks.topologies.block import random_block
from xoropt.networks.topologies.cascade import cascade
from xoropt.networks.topologies.circulant import circulant
from xoropt.networks.topologies.convolutional import convolutional
from xoropt.networks.topologies.explicit_matrix import from_matrix
from xoropt.networks.topologies.explicit_stages import from_stages
from xoropt.networks.topologies.fixed_taps import fixed_taps
from xoropt.networks.topologies.lfsr import lfsr
from xoropt.networks.topologies.progressive import progressive
from xoropt.networks.topologies.registry import TOPOLOGIES
from xoropt.networks.topologies.regular import regular
from xoropt.networks.topologies.ring_generator import ring_generator
from xoropt.networks.topologies.sequential import sequential
from xoropt.networks.topologies.staged import staged
from xoropt.networks.topologies.toeplitz import toeplitz
from xoropt.networks.topologies.windowed import windowed

__all__ = [
    "TOPOLOGIES",
    "Measures",
    "XorNetwork",
    "cascade",
    "circulant",
    "convolutional",
    "draw",
    "fixed_taps",
    "from_matrix",
    "from_networkx",
    "from_recipe",
    "from_stages",
    "lfsr",
    "measures",
    "progressive",
    "random_block",
    "regular",
    "ring_generator",
    "save_drawing",
    "sequential",
    "staged",
    "to_circuit_graph",
    "to_networkx",
    "toeplitz",
    "windowed",
]
