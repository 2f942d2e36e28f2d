"""When and how dense networks are evaluated with the instruction GF2P8AFFINEQB."""

from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import gcd

import numpy as np
from numba.core.registry import cpu_target

from xoropt.codec.compiled.evaluation_plan import TABLES, evaluation_plan
from xoropt.networks import XorNetwork

__all__ = ["GfniPlan", "gfni_plan", "has_gfni", "make_gfni_plan"]

FEATURES = {"+gfni", "+avx512f", "+avx512bw"}
"""What the processor must have: the instruction on 64 bytes, and shuffles of 64 bytes."""


@dataclass(frozen=True, eq=False)
class GfniPlan:
    """The taps of a network, one word for every eight outputs and every eight seed rows, a *group*.

    Attributes:
        n_in: seed rows of a step.
        groups: number of groups that a step reads.
        hop: the first group of step t is ⌊t·hop[0] / hop[1]⌋.
        taps: int64 (hop[1]·⌈n_out / 8⌉·groups,). Byte j of a word belongs to output j of eight, and its bit i to seed
            row 7 − i of the group. First come the taps of steps that begin with a group, then of those that begin
            gcd(n_in, 8) seed rows later, and so on.
    """

    n_in: int
    groups: int
    hop: tuple[int, int]
    taps: np.ndarray = field(repr=False)

    def rows(self, seed_rows: int) -> int:
        """Return the most seed rows that are made for a segment of up to `seed_rows`."""
        return -(-seed_rows // self.n_in) * self.n_in + self.groups * 8


def gfni_plan(network: XorNetwork) -> GfniPlan | None:
    """Plan the evaluation with the instruction; None where the processor lacks it, or tables take less time."""
    plan = evaluation_plan(network)
    if plan.kind != TABLES or not has_gfni():
        return None
    tables = plan.depth + (1 << plan.group) / plan.group * network.n_in / network.n_out
    octets, groups = _count_groups(network)
    # In units of the time to read a row of tables; measured for 1 to 180 outputs and windows of 8 to 512 bits.
    return make_gfni_plan(network) if octets * 8 / network.n_out * (groups / 2 + 2) < tables else None


def _count_groups(network: XorNetwork) -> tuple[int, int]:
    """Count the groups of eight outputs of a step, and of eight seed rows that it reads, wherever it begins."""
    return -(-network.n_out // 8), -(-(network.window + 8 - gcd(network.n_in, 8)) // 8)


@lru_cache(maxsize=16)
def make_gfni_plan(network: XorNetwork) -> GfniPlan:
    """Arrange the taps of a network as the instruction takes them."""
    matrix, n_in = network.matrix(), network.n_in
    common = gcd(n_in, 8)
    octets, groups = _count_groups(network)
    phases = np.zeros((8 // common, octets * 8, groups * 8), dtype=bool)
    for phase in range(8 // common):
        begin = phase * common
        phases[phase, : network.n_out, begin : begin + network.window] = matrix
    octet_pairs = phases.reshape(-1, octets, 8, groups, 8).swapaxes(2, 3)
    taps = np.packbits(octet_pairs, axis=-1).reshape(-1).view("<i8").astype(np.int64)
    return GfniPlan(n_in, groups, (n_in // common, 8 // common), taps)


@cache
def has_gfni() -> bool:
    """Return whether code that is compiled here may use the instruction."""
    return set(cpu_target.target_context.codegen().magic_tuple()[2].split(",")) >= FEATURES
