"""Topology optimization: local search on a network's edges for the fewest dependent care bits at equal gates."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import reseed
from xoropt.networks.network import XorNetwork
from xoropt.networks.optimize.estimate import CareSets
from xoropt.networks.optimize.moves import MOVES, move
from xoropt.networks.stages import stages_of
from xoropt.networks.topologies.explicit import from_stages

__all__ = ["MOVES", "CareSets", "Optimized", "best_of", "optimize"]

EPOCH = 40
"""Moves judged on the same care sets: then fresh ones follow, lest the search learns the sets by heart."""


@dataclass(frozen=True)
class Optimized:
    """The result of a search.

    Attributes:
        network: with the fewest dependent care bits found; `network.recipe` names it.
        before, after: share of dependent care bits in care sets that had no part in the search.
        moves: networks that were judged.
    """

    network: XorNetwork
    before: float
    after: float
    moves: int


def optimize(
    network: XorNetwork,
    density: float,
    moves: int = 2000,
    *,
    kinds: tuple[str, ...] = ("swap", "delay"),
    care_bits: int = 50_000,
    time_limit: float = math.inf,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Optimized:
    """Improve a network's edges by local search.

    A move changes one or two edges of a stage (see `MOVES`), never a row's number of reads: gates stay as they are,
    with the default kinds the degrees of both sides too, and the window does not grow. It is judged by the dependent
    care bits in fixed random care sets (`CareSets`) and taken where they are not more. Every 40 moves the sets change,
    which now and then lets a worse network pass; the best of the networks at those times, in further sets, is the
    result.

    Args:
        network: where to begin. One without stages is taken as a single stage of sparse rows.
        density: of care bits, which the network should suit: at most about n_in/n_out.
        moves: networks to judge.
        kinds: of moves, of "swap", "delay" and "rewire".
        care_bits: of the care sets together; more tell good networks apart and take longer.
        time_limit: seconds after which the search ends, at the next change of care sets.
        seed: of the search, 0 to 2^63.
        progress: called with moves judged and moves in all.

    Returns:
        The best network, with a recipe that spells its stages out, or the given one where none was better.

    Raises:
        ArgumentError: an argument is out of range, or the window exceeds 1984 bits.
    """
    moves = check_int("moves", moves, 0)
    seed = check_int("seed", seed, 0, 2**63)
    if not kinds or not set(kinds) <= set(MOVES):
        raise ArgumentError(f"Argument 'kinds' must name some of {', '.join(MOVES)}, not {kinds!r}.")
    judges = CareSets(density, 4 * care_bits, sets=4, seed=reseed(seed, 0))
    rng = np.random.default_rng(seed)
    n_in, begin = network.n_in, time.monotonic()
    current = stages_of(network)
    steps = _steps(current, n_in, network.memory)
    best, least, judged, vain = network, judges.dependent(network), 0, 0
    while judged < moves and least and vain < 100 * EPOCH and time.monotonic() - begin < time_limit:
        sets = CareSets(density, care_bits, seed=reseed(seed, judged + 1))
        cost = sets.dependent(from_stages(current, n_in))
        stop = min(moves, judged + EPOCH)
        while judged < stop and vain < 100 * EPOCH:
            candidate = move(current, n_in, steps, kinds, rng)
            vain = vain + 1 if candidate is None else 0
            if candidate is None:
                continue
            judged += 1
            found = sets.dependent(from_stages(candidate, n_in), cost + 1)
            if found <= cost:
                current, cost = candidate, found
            if progress is not None:
                progress(judged, moves)
        made = from_stages(current, n_in)
        found = judges.dependent(made, least)
        if found < least:
            best, least = made, found
    held_out = CareSets(density, 4 * care_bits, sets=4, seed=reseed(seed, moves + 1))
    before, after = (held_out.dependent(each) / held_out.total for each in (network, best))
    return Optimized(best, before, after, judged)


def best_of(
    build: Callable[[int], XorNetwork], density: float, draws: int = 100, *, care_bits: int = 50_000, first: int = 0
) -> XorNetwork:
    """The network with the fewest dependent care bits of those that the seeds first … first + draws − 1 name.

    Args:
        build: makes a network from a seed, for example `lambda seed: cascade(n_out=11, seed=seed)`.
        density, care_bits: as for `optimize`.

    Raises:
        ArgumentError: an argument is out of range.
    """
    draws = check_int("draws", draws, 1)
    sets = CareSets(density, care_bits)
    best, least = None, None
    for seed in range(first, first + draws):
        network = build(seed)
        found = sets.dependent(network, least)
        if least is None or found < least:
            best, least = network, found
    assert best is not None
    return best


def _steps(stages: tuple[np.ndarray, ...], n_in: int, memory: int) -> tuple[int, ...]:
    """For each stage the steps that an entry may read: those that its furthest reads; all of a single stage's."""
    if len(stages) == 1:
        return (memory + 1,)
    widths = [n_in, *(len(stage) for stage in stages[:-1])]
    return tuple(int(stage.max()) // width + 1 for stage, width in zip(stages, widths, strict=True))
