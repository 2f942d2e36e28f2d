"""Paar's greedy loops: make a gate of the pair of columns that occurs in most rows, until no row has a pair."""

import numpy as np
from numba import int64, njit
from xoropt_solvers.kernels.bits import stopped

from xoropt.circuits.kernels.finishing import finish_bounded, finish_rows
from xoropt.circuits.kernels.tables import lengthened, random_below

__all__ = ["paar_bounded", "paar_greedy"]


@njit(cache=True, nogil=True)
def _grow(array, size):  # type: ignore[no-untyped-def]
    """Return a square array extended with zeros to (size, size), as `lengthened` does."""
    larger = np.zeros((size, size), array.dtype)
    for p in range(array.shape[0]):
        for q in range(array.shape[1]):
            larger[p, q] = array[p, q]
    return larger


@njit(cache=True, nogil=True)
def _row_most(shared, p, columns):  # type: ignore[no-untyped-def]
    """Return the largest count among the pairs of column p with later columns."""
    most = 0
    for q in range(p + 1, columns):
        most = max(most, shared[p, q])
    return most


@njit(cache=True, nogil=True)
def paar_greedy(matrix, random, choices, ties, stop):  # type: ignore[no-untyped-def]
    """Make the gates of one greedy run.

    Args:
        matrix: uint8 (rows, columns).
        random: uint64 (1,), the state of the random numbers, which is advanced.
        choices: int32, which of the tied pairs to take at each step; a random pair where it is -1 and after its end.
        ties: int32, as long as `choices`, changed in place: the number of tied pairs at each step.
        stop: int64 (1,); once it is set, the rows are finished as they are.

    Returns:
        The gates as int32 (gates, 2); gate i is signal `columns` + i.
    """
    rows, n = matrix.shape
    room = n + 256
    shared = np.zeros((room, room), np.int32)  # the number of rows with both columns of a pair p < q
    row_most = np.zeros(room, np.int32)
    stale = np.zeros(room, np.uint8)
    lists = np.zeros((rows, n), np.int32)  # the columns of each row
    weights = np.zeros(rows, np.int64)
    for i in range(rows):
        for j in range(n):
            if matrix[i, j]:
                for p in range(weights[i]):
                    shared[lists[i, p], j] += 1
                lists[i, weights[i]] = j
                weights[i] += 1
    for p in range(n):
        row_most[p] = _row_most(shared, p, n)
    gates = np.zeros((max(1, int64(weights.sum())), 2), np.int32)
    count = 0
    while True:
        if stopped(stop):
            return gates[: finish_rows(lists, weights, n, gates, count)]
        columns = n + count
        most = 0
        for p in range(columns):
            if stale[p]:
                row_most[p] = _row_most(shared, p, columns)
                stale[p] = 0
            most = max(most, row_most[p])
        if most == 0:
            return gates[:count]
        tied = 0
        for p in range(columns):
            if row_most[p] == most:
                for q in range(p + 1, columns):
                    tied += shared[p, q] == most
        chosen = -1
        if count < choices.size:
            chosen = choices[count]
            ties[count] = tied
        if chosen < 0:
            chosen = random_below(random, tied)
        first, second = -1, -1
        for p in range(columns):
            if first < 0 and row_most[p] == most:
                for q in range(p + 1, columns):
                    if shared[p, q] == most:
                        if chosen == 0:
                            first, second = p, q
                            break
                        chosen -= 1
        gates[count, 0] = first
        gates[count, 1] = second
        if columns + 1 > room:
            shared = _grow(shared, 2 * room)
            row_most, stale = lengthened(row_most, 2 * room), lengthened(stale, 2 * room)
            room *= 2
        for i in range(rows):
            held = 0
            for p in range(weights[i]):
                held += lists[i, p] == first or lists[i, p] == second
            if held < 2:
                continue
            kept = 0
            for p in range(weights[i]):
                column = lists[i, p]
                if column in (first, second):
                    continue
                for other in (first, second):
                    low, high = min(column, other), max(column, other)
                    shared[low, high] -= 1
                    stale[low] = 1
                shared[column, columns] += 1
                row_most[column] = max(row_most[column], shared[column, columns])
                lists[i, kept] = column
                kept += 1
            lists[i, kept] = columns
            weights[i] = kept + 1
            shared[first, second] -= 1
        stale[first] = 1
        count += 1


@njit(cache=True, nogil=True)
def paar_bounded(matrix, random, max_depth, stop):  # type: ignore[no-untyped-def]
    """Make the gates of one greedy run that keeps a depth bound.

    A row whose columns have depths d can be finished in `max_depth` levels if and only if Σ 2^d ≤ 2^max_depth (Kraft).
    A pair counts only in the rows for which this still holds after the pair is replaced by its gate.

    Args:
        matrix: uint8 (rows, columns).
        random: uint64 (1,), the state of the random numbers, which is advanced.
        max_depth: the most levels of gates; every row must be able to keep it.
        stop: int64 (1,); once it is set, the rows are finished as they are.

    Returns:
        The gates as int32 (gates, 2); gate i is signal `columns` + i.
    """
    rows, n = matrix.shape
    total = int64(matrix.sum())
    depth = np.zeros(n + total, np.int64)
    lists = np.zeros((rows, n), np.int32)
    weights = np.zeros(rows, np.int64)
    slack = np.zeros(rows, np.int64)
    for i in range(rows):
        for j in range(n):
            if matrix[i, j]:
                lists[i, weights[i]] = j
                weights[i] += 1
        slack[i] = (1 << max_depth) - weights[i]
    gates = np.zeros((max(1, total), 2), np.int32)
    room = n + 256
    shared = np.zeros((room, room), np.int32)
    count = 0
    while True:
        if stopped(stop):
            return gates[: finish_bounded(lists, weights, depth, n, gates, count)]
        columns = n + count
        if columns + 1 > room:
            shared = _grow(shared, 2 * room)
            room *= 2
        most, tied, first, second = 0, 0, -1, -1
        for sign in (1, -1):  # count, then clear what was counted
            for i in range(rows):
                for p in range(weights[i]):
                    for q in range(p + 1, weights[i]):
                        a, b = lists[i, p], lists[i, q]
                        cost = (1 << max(depth[a], depth[b])) - (1 << min(depth[a], depth[b]))
                        if cost > slack[i]:
                            continue
                        if sign == -1:
                            if shared[a, b] > most:
                                most, tied = shared[a, b], 0
                            if shared[a, b] == most and most > 0:
                                tied += 1
                                if random_below(random, tied) == 0:
                                    first, second = a, b
                            shared[a, b] = 0
                        else:
                            shared[a, b] += 1
        if most == 0:
            return gates[:count]
        gates[count, 0] = first
        gates[count, 1] = second
        depth[columns] = 1 + max(depth[first], depth[second])
        cost = (1 << max(depth[first], depth[second])) - (1 << min(depth[first], depth[second]))
        for i in range(rows):
            held = 0
            for p in range(weights[i]):
                held += lists[i, p] == first or lists[i, p] == second
            if held < 2 or cost > slack[i]:
                continue
            slack[i] -= cost
            kept = 0
            for p in range(weights[i]):
                if lists[i, p] != first and lists[i, p] != second:
                    lists[i, kept] = lists[i, p]
                    kept += 1
            lists[i, kept] = columns
            weights[i] = kept + 1
        count += 1
