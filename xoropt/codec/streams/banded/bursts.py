"""Patches of a segment: which care bits to give up so that the rest has a solution.

*Greedy* patches flip every dependent care bit that disagrees with its predecessors. A *burst* is a set of dependent
care bits whose dependencies share care bits; flipping one of those may mend several at once. Flipping care bit e
changes the dependent bits of its *column* of the syndrome; the least patches of a burst are the fewest columns that
sum to the syndrome, a minimum-weight coset leader. Bursts of up to `EXACT` dependent bits that need no more than
four patches are solved exactly; longer ones from their first bits to their last, the best few partial answers kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xoropt.codec.streams.banded.elimination import Elimination
from xoropt.networks.splitmix import splitmix64

__all__ = ["Burst", "PatchSet", "Search", "burst_patches", "bursts", "greedy_patches"]

EXACT = 20
"""Dependent bits of the longest burst that is solved exactly: the tables have 2^20 entries."""
MEET = 44
"""Dependent bits of a burst for which four columns are likely to exist, so that it is worth looking for them."""
MEET_COLUMNS = 6000
"""Columns of which all pairs are formed for that."""
STRETCH = 16
"""Bits of a longer burst that are cleared together."""
CHUNK = 64
"""Dependent bits whose columns are found in one backward pass: the bits of a word."""
BEAM = 16
"""Partial answers of equally many columns that are kept in a long burst."""
WAYS = 4096
"""Equally short answers that are compared in one stretch."""


@dataclass(frozen=True)
class Burst:
    """Dependent care bits that hang together.

    Attributes:
        dependent: int64 (k,), k ≤ 64, positions in `Elimination.dependent`.
        equations: int64 (M,), one equation for each different column.
        columns: uint64 (M,), bit i: a flip of the equation changes dependent[i].
        residual: uint64 (k,), bit p: dependent[i] disagrees in plane p, earlier bursts' flips included.
    """

    dependent: np.ndarray
    equations: np.ndarray
    columns: np.ndarray
    residual: np.ndarray


@dataclass(frozen=True)
class PatchSet:
    """Equations to flip. What still disagrees when their values are flipped has to be patched greedily.

    Attributes:
        flips: for each plane int64, ascending, equations whose value is given up.
        proved: bursts that were solved with the fewest patches possible for them, over all planes.
        searched: bursts with a disagreement, over all planes.
        complete: no dependent bit was left out because the budget was spent.
    """

    flips: list[np.ndarray]
    proved: int = 0
    searched: int = 0
    complete: bool = True


def greedy_patches(eliminated: Elimination) -> PatchSet:
    """Every dependent care bit that disagrees."""
    residual = eliminated.residual
    planes = range(eliminated.planes)
    return PatchSet([eliminated.dependent[(residual >> np.uint64(p)) & np.uint64(1) != 0] for p in planes])


def burst_patches(eliminated: Elimination, budget: int | None = None) -> PatchSet:
    """Few patches, burst by burst.

    Args:
        eliminated: a segment.
        budget: reductions that may be repeated to find columns; when they are spent, the rest of the dependent bits is
            left to disagree. None: sixteen for each equation and a hundred thousand.
    """
    if not eliminated.residual.any():
        return greedy_patches(eliminated)
    planes, total = range(eliminated.planes), len(eliminated.equations.heads)
    flipped = np.zeros(total, dtype=np.uint64)  # bit p: flipped in plane p
    proved = searched = seen = 0
    for burst in bursts(eliminated, flipped, 16 * total + 100_000 if budget is None else budget):
        seen += len(burst.dependent)
        search = Search(burst)
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
    """The bursts of a segment, in the order of their last dependent bits.

    The dependent bits are taken up to 64 at a time, cut where they lie farthest apart. An equation that an earlier
    chunk's
    bits depend on is left out of later ones: its flip would undo what was settled.

    Args:
        eliminated: a segment.
        flipped: uint64 (E,), the caller's flips so far, bit p for plane p; read for every new chunk.
        budget: reductions that may be repeated.
    """
    from xoropt.codec.streams.banded.kernels import elimination

    equations, dependent = eliminated.equations, eliminated.dependent
    system, pivots = tuple(equations.system), tuple(eliminated.pivots)
    settled = np.zeros(len(equations.heads), dtype=bool)
    column = np.zeros(len(equations.heads), dtype=np.uint64)
    begin = 0
    while begin < len(dependent):
        end = _chunk_end(dependent, begin)
        chunk = dependent[begin:end]
        column[chunk] = np.uint64(1) << np.arange(len(chunk), dtype=np.uint64)
        first = elimination.columns(system, pivots, chunk[-1], column, budget)
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
    """End of the chunk of dependent bits that begins at `begin`."""
    if len(dependent) - begin <= CHUNK:
        return len(dependent)
    gaps = np.diff(dependent[begin + CHUNK // 2 - 1 : begin + CHUNK + 1])
    return begin + CHUNK // 2 + int(np.argmax(gaps))


def _components(begin: int, residual: np.ndarray, equations: np.ndarray, columns: np.ndarray) -> Iterator[Burst]:
    """Bursts of one chunk: dependent bits connected by columns."""
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
        yield Burst(begin + bits, equations[at[mine]], _compress(different[mine], bits), residual[bits])


def _compress(columns: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """The given bits of each column, moved together."""
    out = np.zeros(len(columns), dtype=np.uint64)
    for to, bit in enumerate(bits):
        out |= ((columns >> np.uint64(bit)) & np.uint64(1)) << np.uint64(to)
    return out


class Search:
    """The covering problem of one burst; the tables of its stretches serve all planes."""

    def __init__(self, burst: Burst) -> None:
        self.burst = burst
        self.size = len(burst.dependent)
        self.stretch = self.size if self.size <= EXACT else STRETCH
        self.tables: dict[int, tuple[np.ndarray, ...]] = {}

    def run(self, wrong: np.ndarray) -> tuple[np.ndarray, bool]:
        """Columns that sum to the syndrome `wrong`, bool (k,), and whether it is certain that no fewer do.

        Bursts of `EXACT` bits, or of `MEET` with few enough columns, get the fewest when four do. For the others,
        partial answers with equally many columns form a level; the `BEAM` of them whose syndromes are clear the
        farthest are extended by one column, by two, and by as many as it takes where a single stretch is left.
        """
        syndrome = int(sum(1 << int(i) for i in np.flatnonzero(wrong)))
        complete = self.size <= EXACT
        if EXACT < self.size <= MEET and len(self.burst.columns) <= MEET_COLUMNS:
            complete = True
            few = _few(self.burst.columns, np.uint64(syndrome))
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
        """Syndromes that a few columns make of `rest`, bits below its lowest untouched, and the columns."""
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

    def _table(self, low: int) -> tuple[np.ndarray, ...]:
        """Columns that begin in the stretch from bit `low` on, by their bits in it."""
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
            self.tables[low] = (usable, prefix, columns[usable], first, chain, pair, np.zeros(1, dtype=np.uint8))
        return self.tables[low]


def _few(columns: np.ndarray, syndrome: np.uint64) -> np.ndarray:
    """The fewest columns that sum to the syndrome if they are four at most, else none."""
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
    """The `BEAM` of some syndromes, uint64, whose lowest bits are highest; zero first."""
    lowest = syndromes & (~syndromes + np.uint64(1))
    return np.argsort(~(lowest - np.uint64(1)), kind="stable")[:BEAM]
