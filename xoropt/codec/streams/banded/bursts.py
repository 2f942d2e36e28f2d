"""Patches of a segment: choose the care bits to give up, so that the others have a solution.

An equation that depends on earlier ones has no unknown of its own: its care bit agrees with theirs or contradicts them.
*Greedy* patches flip every dependent care bit that contradicts.

Often fewer patches do. A *burst* is a set of dependent care bits with common predecessors: where dense care bits use up
the unknowns of a window, many equations depend on the same ones, and one flip of a predecessor can settle several
contradictions. The contradictions of a burst are its *syndrome*, a bit for each dependent care bit; flipping care bit e
changes the bits in its *column*. So the fewest patches are the fewest columns with the syndrome as their sum, a coset
leader of minimum weight. Bursts of up to `EXACT` dependent bits that need at most four patches are solved exactly.
Longer ones are solved from their first bits to their last, with the best few partial answers kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xoropt.codec.streams.banded.elimination import Elimination
from xoropt.networks.splitmix import splitmix64

__all__ = ["Burst", "BurstSearch", "PatchSet", "burst_patches", "bursts", "greedy_patches"]

EXACT = 20
"""Dependent bits of the longest burst that is solved exactly: its tables have 2^20 entries."""
MEET = 44
"""Dependent bits of the longest burst for which four columns are looked for: a longer one is unlikely to have them."""
MEET_COLUMNS = 6000
"""Most columns for that: all pairs of them are formed."""
STRETCH = 16
"""Bits of a longer burst that are settled together."""
CHUNK = 64
"""Most dependent bits with columns found in one backward pass: the bits of a word."""
BEAM = 16
"""Partial answers with equally many columns that are kept."""
WAYS = 4096
"""Most answers with equally many columns that are compared in one stretch."""


@dataclass(frozen=True)
class Burst:
    """Dependent care bits with common predecessors.

    Attributes:
        dependent: int64 (k,), k ≤ 64, positions in `Elimination.dependent`.
        equations: int64 (M,), one equation for each different column.
        columns: uint64 (M,), ascending; bit i is set where a flip of the equation changes dependent[i].
        residual: uint64 (k,), bit p of element i is set where dependent[i] contradicts in plane p, after the flips of
            earlier bursts.
    """

    dependent: np.ndarray
    equations: np.ndarray
    columns: np.ndarray
    residual: np.ndarray


@dataclass(frozen=True)
class PatchSet:
    """Equations to flip. Contradictions that remain after these flips need a greedy patch each.

    Attributes:
        flips: the equations to flip in each plane, int64, ascending.
        proved: bursts with a number of patches that is proved minimal, over all planes.
        searched: bursts with a contradiction, over all planes.
        complete: whether all dependent bits were treated before the budget was spent.
    """

    flips: list[np.ndarray]
    proved: int = 0
    searched: int = 0
    complete: bool = True


def greedy_patches(eliminated: Elimination) -> PatchSet:
    """Flip every dependent care bit that contradicts earlier ones."""
    residual = eliminated.residual
    planes = range(eliminated.planes)
    return PatchSet([eliminated.dependent[(residual >> np.uint64(p)) & np.uint64(1) != 0] for p in planes])


def burst_patches(eliminated: Elimination, budget: int | None = None) -> PatchSet:
    """Find few patches, burst by burst.

    Args:
        eliminated: an eliminated segment.
        budget: reductions that may be repeated to find columns; when they are spent, the contradictions of further
            dependent bits remain. None: sixteen for each equation, and a hundred thousand.
    """
    if not eliminated.residual.any():
        return greedy_patches(eliminated)
    planes, total = range(eliminated.planes), len(eliminated.equations.heads)
    flipped = np.zeros(total, dtype=np.uint64)  # bit p: flipped in plane p
    proved = searched = seen = 0
    for burst in bursts(eliminated, flipped, 16 * total + 100_000 if budget is None else budget):
        seen += len(burst.dependent)
        search = BurstSearch(burst)
        for p in planes:
            wrong = (burst.residual >> np.uint64(p)) & np.uint64(1) != 0
            if wrong.any():
                picks, exact = search.run(wrong)
                flipped[burst.equations[picks]] ^= np.uint64(1 << p)
                searched += 1
                proved += exact
    flips = [np.flatnonzero(flipped & np.uint64(1 << p)) for p in planes]
    return PatchSet(flips, proved, searched, complete=seen == len(eliminated.dependent))


def bursts(eliminated: Elimination, flipped: np.ndarray, budget: int) -> Iterator[Burst]:
    """Yield the bursts of a segment, in chunks of up to 64 dependent bits from the first to the last.

    Chunks end where dependent bits lie farthest apart. An equation that dependent bits of an earlier chunk build on is
    left out of later ones, since its flip would undo what was settled.

    Args:
        eliminated: an eliminated segment.
        flipped: uint64 (E,), the caller's flips so far, bit p for plane p; read again for every chunk.
        budget: reductions that may be repeated.
    """
    from xoropt.codec.streams.banded.kernels.syndromes import columns

    equations, dependent = eliminated.equations, eliminated.dependent
    system, pivots = tuple(equations.system), tuple(eliminated.pivots)
    places = eliminated.places
    settled = np.zeros(len(equations.heads), dtype=bool)
    column = np.zeros(len(equations.heads), dtype=np.uint64)
    begin = 0
    while begin < len(dependent):
        end = _chunk_end(dependent, begin)
        chunk = dependent[begin:end]
        column[chunk] = np.uint64(1) << np.arange(len(chunk), dtype=np.uint64)
        first = columns(system, equations.lines, pivots, places, chunk[-1], column, budget)
        if first < 0:
            return
        span = slice(int(first), int(chunk[-1]) + 1)
        touched = np.flatnonzero(column[span]) + span.start
        budget = max(0, budget - len(touched))
        usable = touched[~settled[touched]]
        residual = eliminated.residual[begin:end].copy()
        carried = touched[flipped[touched] != 0]
        for i in range(len(chunk) if len(carried) else 0):
            hit = carried[(column[carried] >> np.uint64(i)) & np.uint64(1) != 0]
            residual[i] ^= np.bitwise_xor.reduce(flipped[hit])
        yield from _components(begin, residual, usable, column[usable])
        settled[touched] = True
        column[span] = 0
        begin = end


def _chunk_end(dependent: np.ndarray, begin: int) -> int:
    """Return the end of the chunk of dependent bits that begins at `begin`."""
    if len(dependent) - begin <= CHUNK:
        return len(dependent)
    gaps = np.diff(dependent[begin + CHUNK // 2 - 1 : begin + CHUNK + 1])
    return begin + CHUNK // 2 + int(np.argmax(gaps))


def _components(begin: int, residual: np.ndarray, equations: np.ndarray, columns: np.ndarray) -> Iterator[Burst]:
    """Yield the bursts of a chunk: dependent bits that are connected by columns."""
    size = len(residual)
    left = (1 << size) - 1
    different, at = np.unique(columns, return_index=True)
    while left:
        members, grown = left & -left, 0
        while members != grown:
            grown = members
            hit = different[different & np.uint64(members) != 0]
            members |= int(np.bitwise_or.reduce(hit))
        left &= ~members
        bits = np.array([i for i in range(size) if members >> i & 1], dtype=np.int64)
        mine = different & np.uint64(members) != 0
        yield Burst(begin + bits, equations[at[mine]], _gather_bits(different[mine], bits), residual[bits])


def _gather_bits(columns: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """Gather the given bits of each column: bit bits[i] becomes bit i."""
    out = np.zeros(len(columns), dtype=np.uint64)
    for to, bit in enumerate(bits):
        out |= ((columns >> np.uint64(bit)) & np.uint64(1)) << np.uint64(to)
    return out


class _Stretch(NamedTuple):
    """The columns with their lowest bit in one stretch, by their bits in it, their *prefixes*.

    Attributes:
        usable: int64 (M,), which columns of the burst, in the order of their prefixes.
        prefix: int64 (M,), the prefixes, not zero.
        column: uint64 (M,), the whole columns.
        first, chain, pair, ready: tables of `kernels.covers.cover`.
    """

    usable: np.ndarray
    prefix: np.ndarray
    column: np.ndarray
    first: np.ndarray
    chain: np.ndarray
    pair: np.ndarray
    ready: np.ndarray


class BurstSearch:
    """The search for the fewest columns of one burst; all planes use the same tables.

    A *stretch* is a few successive dependent bits, which are settled together.
    """

    def __init__(self, burst: Burst) -> None:
        self.burst = burst
        self.size = len(burst.dependent)
        self.stretch = self.size if self.size <= EXACT else STRETCH
        self.tables: dict[int, _Stretch] = {}

    def run(self, wrong: np.ndarray) -> tuple[np.ndarray, bool]:
        """Find few columns that sum to a syndrome.

        Bursts of up to `EXACT` bits, and of up to `MEET` bits with at most `MEET_COLUMNS` columns, get the fewest if
        four are enough. For others, the partial answers with equally many columns form a level. Of each level, the
        `BEAM` answers that leave the lowest set bit of the syndrome highest are extended by one column, by two, and,
        where a single stretch is left, by as many as it takes.

        Args:
            wrong: bool (k,), the syndrome.

        Returns:
            The columns, int64, and whether fewer are proved impossible.
        """
        syndrome = int(sum(1 << int(i) for i in np.flatnonzero(wrong)))
        complete = self.size <= EXACT
        if EXACT < self.size <= MEET and len(self.burst.columns) <= MEET_COLUMNS:
            complete = True
            few = _find_few(self.burst.columns, np.uint64(syndrome))
            if len(few):
                return few, True
        levels: dict[int, dict[int, tuple[int, ...]]] = {0: {syndrome: ()}}
        for level in range(self.size + 1):
            states = levels.pop(level, {})
            if 0 in states:
                return np.array(states[0], dtype=np.int64), complete and level <= (4 if self.size <= EXACT else 5)
            best = sorted(states.items(), key=lambda state: -(state[0] & -state[0]))[:BEAM]
            for rest, picks in best:
                for left, more in self._extend(rest):
                    levels.setdefault(level + len(more), {}).setdefault(left, picks + more)
        raise AssertionError("every dependent bit has a column of its own")

    def _extend(self, rest: int) -> list[tuple[int, tuple[int, ...]]]:
        """Return syndromes that few columns leave of `rest`, not touching bits below its lowest, and these columns."""
        from xoropt.codec.streams.banded.kernels import covers

        low = (rest & -rest).bit_length() - 1
        usable, prefix, column, first, chain, pair, ready = self._table(low)
        target = rest >> low & ((1 << self.stretch) - 1)
        last = self.size - low <= self.stretch
        ways: list[tuple[int, tuple[int, ...]]] = []
        if not last:
            left = column ^ np.uint64(rest)
            ways += [(int(left[i]), (int(usable[i]),)) for i in _farthest(left)]
        picks, rests = np.empty((WAYS, 4), dtype=np.int64), np.empty(WAYS, dtype=np.uint64)
        for weight in (1, 2, 3, 4) if last else (2,):
            count = covers.cover(
                weight, prefix, column, target, np.uint64(rest), first, chain, pair, ready, picks, rests
            )
            for i in _farthest(rests[:count]):
                ways.append((int(rests[i]), tuple(int(usable[c]) for c in picks[i, :weight])))
            if last and count:
                return ways
        alone = int(np.flatnonzero(self.burst.columns == np.uint64(1) << np.uint64(low))[0])
        return [*ways, (rest ^ 1 << low, (alone,))]

    def _table(self, low: int) -> _Stretch:
        """Return the table of the stretch from bit `low` on; it is made once."""
        if low not in self.tables:
            columns = self.burst.columns
            begins = columns & np.uint64((1 << low) - 1) == 0
            prefix = ((columns >> np.uint64(low)) & np.uint64((1 << self.stretch) - 1)).astype(np.int64)
            usable = np.flatnonzero(begins & (prefix > 0))
            prefix = prefix[usable]
            order = np.argsort(prefix, kind="stable")
            usable, prefix = usable[order], prefix[order]
            same = np.append(prefix[1:] == prefix[:-1], False)
            chain = np.where(same, np.arange(1, len(prefix) + 1), -1).astype(np.int32)
            size = 1 << min(self.stretch, self.size - low)
            first = np.full(size, -1, dtype=np.int32)
            first[prefix[::-1]] = np.arange(len(prefix) - 1, -1, -1)
            pair = np.full(size, -1, dtype=np.int64)
            ready = np.zeros(1, dtype=np.uint8)
            self.tables[low] = _Stretch(usable, prefix, columns[usable], first, chain, pair, ready)
        return self.tables[low]


def _find_few(columns: np.ndarray, syndrome: np.uint64) -> np.ndarray:
    """Find the fewest columns that sum to the syndrome; return none where it takes more than four."""
    from xoropt.codec.streams.banded.kernels import covers

    one = np.flatnonzero(columns == syndrome)
    if len(one):
        return one[:1]
    at = np.searchsorted(columns, columns ^ syndrome)  # columns are sorted, as np.unique leaves them
    other = np.minimum(at, len(columns) - 1)
    two = np.flatnonzero(columns[other] == columns ^ syndrome)
    if len(two):
        return np.array([two[0], other[two[0]]])
    bits = (len(columns) ** 2 // 8).bit_length()
    masks = splitmix64(0, bits)
    code, target = (
        (np.bitwise_count(values[:, None] & masks).astype(np.int64) % 2 << np.arange(bits)).sum(axis=1)
        for values in (columns, np.array([syndrome]))
    )
    picks = np.zeros(4, dtype=np.int64)
    return picks[: covers.meet(columns, code, syndrome, int(target[0]), 1 << bits, picks)]


def _farthest(syndromes: np.ndarray) -> np.ndarray:
    """Return the places of the `BEAM` syndromes, uint64, with the highest lowest bits; zero comes first."""
    lowest = syndromes & (~syndromes + np.uint64(1))
    return np.argsort(~(lowest - np.uint64(1)), kind="stable")[:BEAM]
