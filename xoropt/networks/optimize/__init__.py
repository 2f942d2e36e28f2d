"""Topology optimization: local search on a network's edges for the fewest dependent care bits at equal gates."""

from xoropt.networks.optimize.estimate import CareSets
from xoropt.networks.optimize.moves import MOVES
from xoropt.networks.optimize.search import Optimized, best_of, optimize

__all__ = ["MOVES", "CareSets", "Optimized", "best_of", "optimize"]
