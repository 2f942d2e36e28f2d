"""The search: moves on a network's edges, judged by the dependent care bits in random care sets."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xoropt.common.arguments import check_int, check_time_limit
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import reseed
from xoropt.networks.network import XorNetwork
from xoropt.networks.optimize.estimate import CareSets
from xoropt.networks.optimize.moves import MOVES, move
from xoropt.networks.stages import stages_of
from xoropt.networks.topologies.explicit_stages import from_stages

__all__ = ["Optimized", "best_of", "optimize"]

EPOCH = 40
"""Moves that are judged on the same care sets; then fresh sets follow, or the search would overfit to them."""
PATIENCE = 100 * EPOCH
"""Moves in a row that lead nowhere, after which the search ends."""


@dataclass(frozen=True)
class Optimized:
    """The result of a search.

    Attributes:
        network: the network with the fewest dependent care bits; `network.recipe` describes it.
        before: the share of dependent care bits before the search, in care sets that had no part in it.
        after: the same share after the search.
        moves: the number of networks that were judged.
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
    time_limit: float | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Optimized:
    """Improve a network's edges by local search.

    A move changes one or two edges of a stage (see `MOVES`) and never a row's number of reads, so the gates stay as
    they are. With the default kinds the degrees of both sides stay too. The window does not grow. A move is judged by
    the dependent care bits in fixed random care sets (`CareSets`) and taken unless it has more of them. Every 40 moves
    the sets change, which now and then lets a worse network pass. The best of the networks at those times, judged by
    further sets, is the result.

    Args:
        network: the start. A network without stages is taken as a single stage of sparse rows.
        density: the density of care bits that the network should suit, usually near n_in/n_out or below.
        moves: networks to judge.
        kinds: the kinds of moves, some of "swap", "delay" and "rewire".
        care_bits: care bits of all care sets together; more of them tell good networks apart better and take longer.
        time_limit: seconds after which the search ends, at the next change of care sets; None: no limit.
        seed: the seed of the search, 0 to 2^63.
        progress: called with the number of moves judged and of all moves.

    Returns:
        The best network, with a recipe that writes its stages out, or the given network where none was better.

    Raises:
        ArgumentError: an argument is out of range, or the window exceeds 1984 bits.
    """
    moves = check_int("moves", moves, 0)
    seed = check_int("seed", seed, 0, 2**63)
    check_time_limit(time_limit)
    if not kinds or not set(kinds) <= set(MOVES):
        raise ArgumentError(f"Argument 'kinds' must name some of {', '.join(MOVES)}, not {kinds!r}.")
    judges = CareSets(density, 4 * care_bits, sets=4, seed=reseed(seed, 0))
    rng = np.random.default_rng(seed)
    end = math.inf if time_limit is None else time.monotonic() + time_limit
    n_in = network.n_in
    current = stages_of(network)
    steps = _steps(current, n_in, network.memory)
    best, least, judged, vain = network, judges.dependent(network), 0, 0
    while judged < moves and least and vain < PATIENCE and time.monotonic() < end:
        sets = CareSets(density, care_bits, seed=reseed(seed, judged + 1))
        cost = sets.dependent(from_stages(current, n_in))
        stop = min(moves, judged + EPOCH)
        while judged < stop and vain < PATIENCE:
            candidate = move(current, n_in, steps, kinds, rng)
            vain = vain + 1 if candidate is None else 0
            if candidate is None:
                continue
            judged += 1
            dependent = sets.dependent(from_stages(candidate, n_in), cost + 1)
            if dependent <= cost:
                current, cost = candidate, dependent
            if progress is not None:
                progress(judged, moves)
        improved = from_stages(current, n_in)
        dependent = judges.dependent(improved, least)
        if dependent < least:
            best, least = improved, dependent
    held_out = CareSets(density, 4 * care_bits, sets=4, seed=reseed(seed, moves + 1))
    before, after = (held_out.dependent(each) / held_out.total for each in (network, best))
    return Optimized(best, before, after, judged)


def best_of(
    build: Callable[[int], XorNetwork], density: float, draws: int = 100, *, care_bits: int = 50_000, first: int = 0
) -> XorNetwork:
    """Return the network with the fewest dependent care bits among those of the seeds first … first + draws − 1.

    Args:
        build: makes a network from a seed, for example `lambda seed: cascade(n_out=11, seed=seed)`.
        density: the density of care bits that the network should suit.
        draws: the number of seeds to try.
        care_bits: care bits of all care sets together.
        first: the first seed.

    Raises:
        ArgumentError: an argument is out of range.
    """
    draws = check_int("draws", draws, 1)
    sets = CareSets(density, care_bits)
    best, least = None, None
    for seed in range(first, first + draws):
        network = build(seed)
        dependent = sets.dependent(network, least)
        if least is None or dependent < least:
            best, least = network, dependent
    assert best is not None
    return best


def _steps(stages: tuple[np.ndarray, ...], n_in: int, memory: int) -> tuple[int, ...]:
    """Return the number of steps that each stage's entries may read: as far as its furthest entry, or the window's."""
    if len(stages) == 1:
        return (memory + 1,)
    widths = [n_in, *(len(stage) for stage in stages[:-1])]
    return tuple(int(stage.max()) // width + 1 for stage, width in zip(stages, widths, strict=True))
