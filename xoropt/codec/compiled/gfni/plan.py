"""When and how dense networks are evaluated by the instruction GF2P8AFFINEQB."""

from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import gcd

import numpy as np
from numba.core.registry import cpu_target

from xoropt.codec.compiled.evaluation_plan import TABLES, evaluation_plan
from xoropt.networks import XorNetwork

__all__ = ["GfniPlan", "available", "gfni_plan"]

FEATURES = {"+gfni", "+avx512f", "+avx512bw"}
"""Of the processor: the instruction, on 64 bytes, and shuffles of as many."""


@dataclass(frozen=True, eq=False)
class GfniPlan:
    """A network's taps, a word for every eight outputs and every eight seed rows.

    Attributes:
        n_in: seed rows a step.
        groups: times eight seed rows that a step reads.
        hop: step t reads from the t·hop[0] // hop[1]-th eight seed rows on.
        taps: int64 (hop[1]·⌈n_out / 8⌉·groups,): byte j of a word is the j-th output's, its bit i seed row 7 − i's;
            first for steps that begin with eight seed rows, then for those that begin gcd(n_in, 8) later, …
    """

    n_in: int
    groups: int
    hop: tuple[int, int]
    taps: np.ndarray = field(repr=False)

    def rows(self, seed_rows: int) -> int:
        """Seed rows that are made for a segment of `seed_rows` at most."""
        return -(-seed_rows // self.n_in) * self.n_in + self.groups * 8


def gfni_plan(network: XorNetwork) -> GfniPlan | None:
    """How to evaluate a network by the instruction, if the processor has it and it takes less than tables do."""
    plan = evaluation_plan(network)
    if plan.kind != TABLES or not available():
        return None
    tables = plan.depth + (1 << plan.group) / plan.group * network.n_in / network.n_out
    octets, groups = _eights(network)
    # Times as long as a row of tables is read; measured, for 1 to 180 outputs and windows of 8 to 512.
    return gfni_taps(network) if octets * 8 / network.n_out * (groups / 2 + 2) < tables else None


def _eights(network: XorNetwork) -> tuple[int, int]:
    """Times eight outputs of a step, and times eight seed rows that it reads, wherever among eight it begins."""
    return -(-network.n_out // 8), -(-(network.window + 8 - gcd(network.n_in, 8)) // 8)


@lru_cache(maxsize=16)
def gfni_taps(network: XorNetwork) -> GfniPlan:
    """The network's taps as the instruction takes them."""
    matrix, n_in = network.matrix(), network.n_in
    common = gcd(n_in, 8)
    octets, groups = _eights(network)
    phases = np.zeros((8 // common, octets * 8, groups * 8), dtype=bool)
    for phase in range(8 // common):
        begin = phase * common
        phases[phase, : network.n_out, begin : begin + network.window] = matrix
    octet_pairs = phases.reshape(-1, octets, 8, groups, 8).swapaxes(2, 3)
    taps = np.packbits(octet_pairs, axis=-1).reshape(-1).view("<i8").astype(np.int64)
    return GfniPlan(n_in, groups, (n_in // common, 8 // common), taps)


@cache
def available() -> bool:
    """Whether code that is compiled here may use the instruction."""
    return set(cpu_target.target_context.codegen().magic_tuple()[2].split(",")) >= FEATURES
