"""Clauses for parities and for sums of weights, for whatever takes clauses: a SAT engine or a file.

Literals are DIMACS integers. An encoder gets a `Clauses`, which numbers new variables and passes each clause on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from xoropt_solvers.strategy import Clock

__all__ = ["Clauses", "WeightSum", "add_parity", "add_weight_sum"]

TOTALIZER_CLAUSES = 60_000  # beyond, sums are added in binary: far smaller, though they propagate less


@dataclass
class Clauses:
    """Where clauses go, and the number of the last variable. With a clock, TimeUpError ends long encodings."""

    add: Callable[[list[int]], None]
    variables: int = 0
    clock: Clock | None = None

    def new(self) -> int:
        self.check()
        self.variables += 1
        return self.variables

    def check(self) -> None:
        if self.clock is not None:
            self.clock.check()


@dataclass(frozen=True)
class WeightSum:
    """A sum of weighted literals that can be bounded by assumptions.

    sums : attainable values above 0, rising, the last one standing for it and all beyond
    at_most : the assumptions that bound the sum by a value below the last one
    parts : the sums of the two halves, where the encoding has them
    """

    sums: tuple[int, ...]
    at_most: Callable[[int], list[int]]
    parts: tuple["WeightSum", ...] = field(default=())


def add_parity(clauses: Clauses, literals: Sequence[int], value: bool, cut: int = 4) -> None:
    """The XOR of positive literals is `value`, cut into chains of at most `cut` literals with a new variable each.

    A parity of m literals takes 2^(m−1) clauses, so that long ones must be cut (Tseitin).
    """
    rest = list(literals)
    while len(rest) > cut:
        link = clauses.new()
        _direct_parity(clauses, [*rest[: cut - 1], link], False)
        rest = [*rest[cut - 1 :], link]  # links to the back: a balanced tree, not a long chain
    _direct_parity(clauses, rest, value)


def _direct_parity(clauses: Clauses, literals: list[int], value: bool) -> None:
    for size in range(len(literals) + 1):
        if size % 2 != value:  # assignments with this many ones have the wrong parity
            for ones in combinations(literals, size):
                clauses.add([-v if v in ones else v for v in literals])


def add_weight_sum(
    clauses: Clauses, groups: Sequence[Sequence[tuple[int, int]]], cap: int, counter: str = "totalizer"
) -> WeightSum:
    """The sum of (literal, weight ≥ 1) pairs, distinguished up to `cap`.

    `groups` are one or two lists; with two, the result has their sums as `parts`. `counter` is "totalizer" (Bailleux
    and Boufkhad 2003; weights: Joshi, Martins, Manquinho 2015), "sequential" (Sinz 2005) or "adder" (Eén and Sörensson
    2006). Weighted sums that a totalizer would need too many clauses for are added in binary.
    """
    pairs = [pair for group in groups for pair in group]
    if counter == "adder" or (counter == "totalizer" and _totalizer_size(pairs, cap) > TOTALIZER_CLAUSES):
        return _adder(clauses, pairs)
    if counter == "sequential":
        return _as_sum(_sequential(clauses, pairs, cap))
    nodes = [_totalizer(clauses, list(group), cap) for group in groups if group]
    if len(nodes) < 2:
        return _as_sum(nodes[0] if nodes else {})
    return _as_sum(_merge(clauses, nodes[0], nodes[1], cap), tuple(_as_sum(node) for node in nodes))


def _as_sum(node: dict[int, int], parts: tuple[WeightSum, ...] = ()) -> WeightSum:
    """node[s]: a literal that holds when the sum is s or more."""
    sums = tuple(sorted(node))

    def at_most(bound: int) -> list[int]:
        return [-node[s] for s in sums if s > bound][:1]

    return WeightSum(sums, at_most, parts)


def _totalizer(clauses: Clauses, pairs: list[tuple[int, int]], cap: int) -> dict[int, int]:
    if len(pairs) == 1:
        literal, weight = pairs[0]
        return {min(weight, cap): literal}
    half = len(pairs) // 2
    return _merge(clauses, _totalizer(clauses, pairs[:half], cap), _totalizer(clauses, pairs[half:], cap), cap)


def _merge(clauses: Clauses, a: dict[int, int], b: dict[int, int], cap: int) -> dict[int, int]:
    sums = sorted({min(s + t, cap) for s in (0, *a) for t in (0, *b)} - {0})
    node = {s: clauses.new() for s in sums}
    for s, left in ((0, 0), *a.items()):
        clauses.check()
        for t, right in ((0, 0), *b.items()):
            if s + t:
                clauses.add([*([-left] if s else []), *([-right] if t else []), node[min(s + t, cap)]])
    for low, high in pairwise(sums):
        clauses.add([-node[high], node[low]])
    return node


def _totalizer_size(pairs: Sequence[tuple[int, int]], cap: int) -> int:
    """A bound on the clauses of the totalizer, by the number of attainable sums at each merge."""
    if all(weight == 1 for _, weight in pairs):
        return 0
    total = 0
    level = [{min(weight, cap)} for _, weight in pairs]
    while len(level) > 1:
        merged = []
        for a, b in zip(level[::2], level[1::2], strict=False):
            total += (len(a) + 1) * (len(b) + 1)
            if total > TOTALIZER_CLAUSES:
                return total
            merged.append({min(s + t, cap) for s in a | {0} for t in b | {0}} - {0})
        level = merged + level[2 * (len(level) // 2) :]
    return total


def _sequential(clauses: Clauses, pairs: Sequence[tuple[int, int]], cap: int) -> dict[int, int]:
    """Row i holds the sums of the first i pairs."""
    row: dict[int, int] = {}
    for literal, weight in pairs:
        sums = sorted({min(s + t, cap) for s in (0, *row) for t in (0, weight)} - {0})
        after = {s: clauses.new() for s in sums}
        clauses.add([-literal, after[min(weight, cap)]])
        for s, before in row.items():
            clauses.add([-before, after[s]])
            clauses.add([-before, -literal, after[min(s + weight, cap)]])
        for low, high in pairwise(sums):
            clauses.add([-after[high], after[low]])
        row = after
    return row


def _adder(clauses: Clauses, pairs: Sequence[tuple[int, int]]) -> WeightSum:
    """The sum in binary, by full adders; a bound is a comparison with a constant, switched on by an assumption."""
    columns: list[list[int]] = [[] for _ in range(sum(w for _, w in pairs).bit_length())]
    for literal, weight in pairs:
        for i in range(weight.bit_length()):
            if weight >> i & 1:
                columns[i].append(literal)
    bits = []
    for i, column in enumerate(columns):
        while len(column) > 1:
            a, b, c = column.pop(0), column.pop(0), column.pop(0) if column else 0
            total, carry = _full_adder(clauses, a, b, c)
            column.append(total)
            if i + 1 == len(columns):
                columns.append([])
            columns[i + 1].append(carry)
        bits.append(column[0] if column else 0)

    def at_most(bound: int) -> list[int]:
        switch = clauses.new()
        above: list[int] = []  # the sum bits that the bound has too, from the top down
        for i in range(max(len(bits), bound.bit_length()) - 1, -1, -1):
            bit = bits[i] if i < len(bits) else 0
            if bound >> i & 1:
                if not bit:  # the sum has a 0 here and is smaller, unless a bit above already made it so
                    break
                above.append(-bit)
            elif bit:
                clauses.add([-switch, -bit, *above])
        return [switch]

    return WeightSum((), at_most)


def _full_adder(clauses: Clauses, a: int, b: int, c: int) -> tuple[int, int]:
    """(sum bit, carry) of three literals; c = 0 for a half adder."""
    total, carry = clauses.new(), clauses.new()
    _direct_parity(clauses, [v for v in (a, b, c, total) if v], False)
    if c:
        for x, y in combinations((a, b, c), 2):
            clauses.add([-x, -y, carry])
            clauses.add([x, y, -carry])
    else:
        clauses.add([-a, -b, carry])
        clauses.add([a, -carry])
        clauses.add([b, -carry])
    return total, carry
