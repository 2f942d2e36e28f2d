"""Clauses for parities and for sums of weights, for whatever takes clauses: a SAT engine or a file.

Literals are DIMACS integers. An encoder gets a `Clauses`, which numbers new variables and passes each clause on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations, pairwise

from xoropt_solvers.strategy import Clock

__all__ = ["ENCODINGS", "Clauses", "WeightSum", "add_binary_sum", "add_parity", "add_weight_sum"]

LONGEST_PARITY = 4  # literals that a parity keeps before it is cut
ENCODINGS = ("auto", "totalizer", "binary")
TOTALIZER_CLAUSES = 60_000  # a sum that takes more is added in binary: far fewer clauses, though they propagate less


@dataclass
class Clauses:
    """Where clauses go, and how variables are numbered.

    Attributes:
        add: takes one clause.
        variables: the number of the last variable.
        clock: ends a long encoding with TimeUpError when its time is up; None never does.
    """

    add: Callable[[list[int]], None]
    variables: int = 0
    clock: Clock | None = None

    def new(self) -> int:
        """Number a new variable."""
        self.check()
        self.variables += 1
        return self.variables

    def check(self) -> None:
        """Raise TimeUpError once the time is up."""
        if self.clock is not None:
            self.clock.check()


@dataclass(frozen=True)
class WeightSum:
    """A sum of weighted literals that can be bounded by assumptions.

    Attributes:
        sums: the attainable values above 0, rising; the last one stands for itself and everything above.
        at_most: from a value below the last one to the assumptions that bound the sum by it.
        parts: the sums of the two groups, where the encoding has them.
    """

    sums: tuple[int, ...]
    at_most: Callable[[int], list[int]]
    parts: tuple["WeightSum", ...] = field(default=())


def add_parity(clauses: Clauses, literals: Sequence[int], value: bool) -> None:
    """Make the XOR of positive literals equal to `value`.

    A parity of m literals takes 2^(m−1) clauses. Long ones are therefore cut into parities of at most LONGEST_PARITY
    literals, linked by new variables (Tseitin).
    """
    rest = list(literals)
    while len(rest) > LONGEST_PARITY:
        link = clauses.new()
        _direct_parity(clauses, [*rest[: LONGEST_PARITY - 1], link], False)
        rest = [*rest[LONGEST_PARITY - 1 :], link]  # links go to the back: a balanced tree, not a long chain
    _direct_parity(clauses, rest, value)


def _direct_parity(clauses: Clauses, literals: list[int], value: bool) -> None:
    for signs in _wrong_parities(len(literals), bool(value)):
        clauses.add([sign * v for sign, v in zip(signs, literals, strict=True)])


@cache
def _wrong_parities(length: int, value: bool) -> tuple[tuple[int, ...], ...]:
    """Return the signs of the clauses that exclude each assignment of the wrong parity: −1 where it has a one."""
    sizes = [size for size in range(length + 1) if size % 2 != value]
    return tuple(
        tuple(-1 if i in ones else 1 for i in range(length))
        for size in sizes
        for ones in combinations(range(length), size)
    )


def add_weight_sum(
    clauses: Clauses, groups: Sequence[Sequence[tuple[int, int]]], cap: int, encoding: str = "auto"
) -> WeightSum:
    """Add up pairs of a literal and its weight, by a totalizer, or in binary where that would take too many clauses.

    Totalizers are those of Bailleux and Boufkhad 2003, with weights those of Joshi, Martins and Manquinho 2015.

    Args:
        clauses: where the clauses go.
        groups: one or two lists of (literal, weight of at least 1); a totalizer of two has their sums as `parts`.
        cap: sums of this and above are not told apart.
        encoding: "totalizer" or "binary"; "auto" takes the first where that has not too many clauses.
    """
    pairs = [pair for group in groups for pair in group]
    if encoding == "binary" or (encoding == "auto" and _totalizer_size(pairs, cap) > TOTALIZER_CLAUSES):
        return add_binary_sum(clauses, pairs)
    nodes = [_totalizer(clauses, list(group), cap) for group in groups if group]
    if len(nodes) < 2:
        return _as_sum(nodes[0] if nodes else {})
    return _as_sum(_merge(clauses, nodes[0], nodes[1], cap), tuple(_as_sum(node) for node in nodes))


def _as_sum(node: dict[int, int], parts: tuple[WeightSum, ...] = ()) -> WeightSum:
    """Make a sum of node[s], a literal that holds when the sum is s or more."""
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
    """Bound the number of clauses of a totalizer by the number of attainable sums at each merge; 0 for unit weights."""
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


def add_binary_sum(clauses: Clauses, pairs: Sequence[tuple[int, int]]) -> WeightSum:
    """Add up pairs of a literal and its weight in binary, by full adders (Eén and Sörensson 2006).

    A bound is a comparison with a constant that an assumption switches on; `sums` stays empty.
    """
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
    """Return the sum bit and the carry of three literals, or of two where c = 0."""
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
