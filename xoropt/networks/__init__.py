"""XOR-gate networks: the fixed binary matrix between seeds and outputs, its recipes and its networkx view."""

from xoropt.networks.drawing import draw, save_drawing
from xoropt.networks.graph import from_networkx, to_networkx
from xoropt.networks.network import XorNetwork, from_matrix
from xoropt.networks.recipes import from_recipe
from xoropt.networks.topologies import TOPOLOGIES
from xoropt.networks.topologies.block import random_block
from xoropt.networks.topologies.sequential import sequential
from xoropt.networks.topologies.staged import staged
from xoropt.networks.topologies.windowed import windowed

__all__ = [
    "TOPOLOGIES",
    "XorNetwork",
    "draw",
    "from_matrix",
    "from_networkx",
    "from_recipe",
    "random_block",
    "save_drawing",
    "sequential",
    "staged",
    "to_networkx",
    "windowed",
]
