"""In-place elimination (register ^= register), and a peephole over three registers that shortens its result."""

import numpy as np
from numba import njit
from xoropt_solvers.kernels.bits import stopped

from xoropt.circuits.kernels.tables import random_below

__all__ = ["eliminate", "optimal_3x3", "shorten"]


@njit(cache=True, nogil=True)
def _overlaps(matrix, shared):  # type: ignore[no-untyped-def]
    """Count common ones: shared[0, i, j] those of rows i and j, shared[1, i, j] those of columns i and j."""
    n = matrix.shape[0]
    shared[:] = 0
    for k in range(n):
        for i in range(n):
            if matrix[k, i]:
                for j in range(n):
                    shared[1, i, j] += matrix[k, j]
            if matrix[i, k]:
                for j in range(n):
                    shared[0, i, j] += matrix[j, k]


@njit(cache=True, nogil=True)
def _add_line(matrix, shared, side, to, source):  # type: ignore[no-untyped-def]
    """Add row `source` to row `to` (side 0), or column to column (side 1), and update the common ones."""
    n = matrix.shape[0]
    other = 1 - side
    for k in range(n):
        if side == 0:
            changed, old = matrix[source, k], matrix[to, k]
        else:
            changed, old = matrix[k, source], matrix[k, to]
        if not changed:
            continue
        # Entry k of line `to` flips: line k of the other kind loses or gains what it shares there.
        step = -1 if old else 1
        for m in range(n):
            held = matrix[to, m] if side == 0 else matrix[m, to]
            if held and m != k:
                shared[other, k, m] += step
                shared[other, m, k] += step
        shared[other, k, k] += step
        if side == 0:
            matrix[to, k] ^= 1
        else:
            matrix[k, to] ^= 1
    for i in range(n):
        total = 0
        for k in range(n):
            total += (matrix[i, k] & matrix[to, k]) if side == 0 else (matrix[k, i] & matrix[k, to])
        shared[side, i, to] = total
        shared[side, to, i] = total


@njit(cache=True, nogil=True)
def eliminate(matrix, inverse, random, stop):  # type: ignore[no-untyped-def]
    """Find operations that compute y = M·x in the registers that hold x.

    Each step is the row or column addition that removes the most ones from M and its inverse together, with ties broken
    at random. When none removes any, or once `stop` is set, Gaussian
    elimination finishes.

    Args:
        matrix, inverse: uint8 (n, n), both changed in place.
        random: uint64 (1,), the state of the random numbers, which is advanced.
        stop: int64 (1,).

    Returns:
        The operations in order, int32 (operations, 2), each as register a ^= register b; and the register of each
        output, int32 (n,).
    """
    n = matrix.shape[0]
    most = 4 * n * n + 16
    before = np.zeros((most, 2), np.int32)  # from column additions, in the order of use
    after = np.zeros((most, 2), np.int32)  # from row additions, used from the last to the first
    n_before, n_after = 0, 0
    shared = np.zeros((2, n, n), np.int32)
    backward = np.zeros((2, n, n), np.int32)
    _overlaps(matrix, shared)
    _overlaps(inverse, backward)
    while n_before + n_after < 2 * n * n and not stopped(stop):
        best, ties, side, to, source = 0, 0, -1, -1, -1
        for s in range(2):
            for i in range(n):
                for j in range(n):
                    if i == j:
                        continue
                    # Adding row j to row i of M adds column i to column j of the inverse, and the other way round.
                    change = shared[s, j, j] - 2 * shared[s, i, j]
                    change += backward[1 - s, i, i] - 2 * backward[1 - s, i, j]
                    if change < best:
                        best, ties = change, 0
                    if change == best and change < 0:
                        ties += 1
                        if random_below(random, ties) == 0:
                            side, to, source = s, i, j
        if side < 0:
            break
        _add_line(matrix, shared, side, to, source)
        _add_line(inverse, backward, 1 - side, source, to)
        if side == 0:
            after[n_after, 0] = to
            after[n_after, 1] = source
            n_after += 1
        else:
            # Adding column j to column i is M·E with E = 1 + e_j e_iᵀ: register j adds register i first.
            before[n_before, 0] = source
            before[n_before, 1] = to
            n_before += 1
    # Gaussian elimination on the rows: a column's pivot is the lightest row that is no other column's.
    pivot_of = np.full(n, -1, np.int32)
    taken = np.zeros(n, np.uint8)
    for column in range(n):
        pivot, lightest = -1, n + 1
        for i in range(n):
            if matrix[i, column] and not taken[i]:
                w = 0
                for k in range(n):
                    w += matrix[i, k]
                if w < lightest:
                    pivot, lightest = i, w
        taken[pivot] = 1
        pivot_of[column] = pivot
        for i in range(n):
            if i != pivot and matrix[i, column]:
                for k in range(n):
                    matrix[i, k] ^= matrix[pivot, k]
                after[n_after, 0] = i
                after[n_after, 1] = pivot
                n_after += 1
    register = np.zeros(n, np.int32)  # of each row: M is now a permutation, row pivot_of[j] has its one at j
    for column in range(n):
        register[pivot_of[column]] = column
    operations = np.zeros((n_before + n_after, 2), np.int32)
    for i in range(n_before):
        operations[i, 0] = before[i, 0]
        operations[i, 1] = before[i, 1]
    for i in range(n_after):
        operations[n_before + i, 0] = register[after[n_after - 1 - i, 0]]
        operations[n_before + i, 1] = register[after[n_after - 1 - i, 1]]
    return operations, register


@njit(cache=True, nogil=True)
def _add(code, a, b):  # type: ignore[no-untyped-def]
    """Return a 3×3 matrix (three bits for each row) after row b is added to row a."""
    return code ^ (((code >> (3 * b)) & 7) << (3 * a))


@njit(cache=True, nogil=True)
def optimal_3x3():  # type: ignore[no-untyped-def]
    """Return the fewest row additions that make each 3×3 matrix from a permutation; -1 for singular matrices."""
    cost = np.full(512, -1, np.int32)
    queue = np.zeros(512, np.int32)
    end = 0
    for a in range(3):
        for b in range(3):
            for c in range(3):
                if a != b and b != c and a != c:
                    code = (1 << a) | (8 << b) | (64 << c)
                    cost[code] = 0
                    queue[end] = code
                    end += 1
    start = 0
    while start < end:
        code = queue[start]
        start += 1
        for a in range(3):
            for b in range(3):
                if a != b and cost[_add(code, a, b)] < 0:
                    cost[_add(code, a, b)] = cost[code] + 1
                    queue[end] = _add(code, a, b)
                    end += 1
    return cost


@njit(cache=True, nogil=True)
def shorten(operations, outputs, cost, random, stop):  # type: ignore[no-untyped-def]
    """Shorten a sequence of operations until no three registers allow it, or `stop` is set.

    Operations on three registers that can be moved next to each other are replaced by the fewest that do the same. The
    seven reduction rules of Xiang et al. are the cases with three operations; here any number is replaced.

    Args:
        operations: int32 (count, 2), changed in place.
        outputs: int32 (n,), the register of each output, changed in place: registers are exchanged by renaming.
        cost: the result of `optimal_3x3`.
        random: uint64 (1,), the state of the random numbers, which is advanced.
        stop: int64 (1,).

    Returns:
        The number of operations that are left.
    """
    n = outputs.size
    count = len(operations)
    group = np.zeros(count, np.int32)
    registers = np.zeros(3, np.int32)
    fresh = np.zeros((16, 2), np.int32)
    name = np.zeros(n, np.int32)
    reads = np.zeros(n, np.uint8)
    writes = np.zeros(n, np.uint8)
    start = 0
    idle = 0
    while idle < count and not stopped(stop):
        p = start % count
        start += 1
        idle += 1
        offset = random_below(random, n)
        improved = False
        for step in range(n):
            third = (step + offset) % n
            registers[0], registers[1], registers[2] = operations[p, 0], operations[p, 1], third
            if third == registers[0] or third == registers[1]:
                continue
            reads[:] = 0
            writes[:] = 0
            size = 0
            code = 1 | (8 << 1) | (64 << 2)
            for q in range(p, count):
                a, b = operations[q]
                row_a, row_b = -1, -1
                for i in range(3):
                    if registers[i] == a:
                        row_a = i
                    if registers[i] == b:
                        row_b = i
                # q can move before the skipped ones if none of them reads what it writes or writes what it reads.
                if row_a >= 0 and row_b >= 0 and not reads[a] and not writes[b]:
                    group[size] = q
                    size += 1
                    code = _add(code, row_a, row_b)
                else:
                    reads[b] = 1
                    writes[a] = 1
            if size > 1 and cost[code] < size:
                improved = True
                break
        if not improved:
            continue
        # Peel the optimal additions off, last first. What remains is a permutation.
        n_fresh = 0
        while cost[code] > 0:
            found = False
            for a in range(3):
                for b in range(3):
                    if not found and a != b and cost[_add(code, a, b)] == cost[code] - 1:
                        fresh[n_fresh, 0] = a
                        fresh[n_fresh, 1] = b
                        n_fresh += 1
                        code = _add(code, a, b)
                        found = True
        for i in range(n):
            name[i] = i
        for i in range(3):
            for j in range(3):
                if (code >> (3 * i + j)) & 1:
                    name[registers[i]] = registers[j]
        g, kept = 0, p
        moved = np.zeros((count - p, 2), np.int32)
        n_moved = 0
        for i in range(n_fresh):
            moved[n_moved, 0] = name[registers[fresh[n_fresh - 1 - i, 0]]]
            moved[n_moved, 1] = name[registers[fresh[n_fresh - 1 - i, 1]]]
            n_moved += 1
        for q in range(p, count):
            if g < size and group[g] == q:
                g += 1
                continue
            moved[n_moved, 0] = name[operations[q, 0]]
            moved[n_moved, 1] = name[operations[q, 1]]
            n_moved += 1
        for i in range(n_moved):
            operations[kept + i] = moved[i]
        count = p + n_moved
        for i in range(n):
            outputs[i] = name[outputs[i]]
        idle = 0
        if count == 0:
            return 0
    return count
