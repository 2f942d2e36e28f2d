"""Compiled loop of the Viterbi algorithm."""

import numpy as np
from numba import njit

from xoropt.common.words.vectors import ones, trailing_zeros

__all__ = ["viterbi"]

ONE = np.uint64(1)


@njit(cache=True, nogil=True)
def viterbi(starts, rows, values, n_in, memory, cost, choice):
    """Run steps of the Viterbi algorithm over the states x_t … x_{t+memory−1} of a sequential network, memory ≥ 1.

    The outputs of a step are a sum of three parts: from the seed that leaves the state, from those that stay, and from
    the one that enters. For each value of those that stay, the best leaving seed for every pattern of the step's k care
    bits comes from a distance transform over the k-cube, in k·2^k instead of 4^n_in operations where that is less.

    Args:
        starts: int64 (steps + 1,), first care bit of each step.
        rows: uint64 (care bits,), the network row of each care bit.
        values: uint8 (care bits,), the wanted bits.
        n_in, memory: sizes of the network.
        cost: int32 (2^(n_in·memory),), the least cost of each state, relative to the smallest; updated in place.
        choice: out, uint16 (steps, states), the seed that left; without steps where it is not wanted.

    Returns:
        How much the smallest cost grew.
    """
    branches = 1 << n_in
    states = cost.shape[0]
    middles = states >> n_in
    steps = starts.shape[0] - 1
    record = choice.shape[0] > 0
    most = 0
    for t in range(steps):
        most = max(most, starts[t + 1] - starts[t])
    words = max(1, (most + 63) // 64)
    old = np.zeros((branches, words), np.uint64)
    new = np.zeros((branches, words), np.uint64)
    middle = np.zeros((middles, words), np.uint64)
    column = np.zeros((n_in * (memory + 1), words), np.uint64)
    target = np.zeros(words, np.uint64)
    after = np.zeros(states, np.int32)
    far = np.int32(1 << 30)
    best = np.zeros(1 << 13, np.int32)
    total = 0
    for t in range(steps):
        first = starts[t]
        k = starts[t + 1] - first
        column[:, :] = 0
        target[:] = 0
        for i in range(k):
            row = rows[first + i]
            bit = ONE << np.uint64(i & 63)
            for b in range(n_in * (memory + 1)):
                if (row >> np.uint64(b)) & ONE:
                    column[b, i >> 6] |= bit
            if values[first + i]:
                target[i >> 6] |= bit
        for x in range(1, branches):
            low = trailing_zeros(np.uint64(x))
            for w in range(words):
                old[x, w] = old[x & (x - 1), w] ^ column[low, w]
                new[x, w] = new[x & (x - 1), w] ^ column[n_in * memory + low, w]
        for x in range(1, middles):
            low = trailing_zeros(np.uint64(x))
            for w in range(words):
                middle[x, w] = middle[x & (x - 1), w] ^ column[n_in + low, w]
        small = k <= 13 and k << k < branches * branches
        for m in range(middles):
            base = m << n_in
            if small:
                size = 1 << k
                for u in range(size):
                    best[u] = far
                for x in range(branches):
                    u = np.int64(old[x, 0])
                    best[u] = min(best[u], np.int32(cost[base | x] << n_in | x))
                step = 1
                one = np.int32(1 << n_in)
                while step < size:
                    for u in range(0, size, 2 * step):
                        for v in range(u, u + step):
                            a = best[v]
                            b = best[v + step]
                            best[v] = min(a, b + one)
                            best[v + step] = min(b, a + one)
                    step *= 2
                for x in range(branches):
                    packed = best[np.int64(middle[m, 0] ^ new[x, 0] ^ target[0])]
                    after[x * middles + m] = packed >> n_in
                    if record:
                        choice[t, x * middles + m] = packed & (branches - 1)
            elif words == 1:
                for x in range(branches):
                    want = middle[m, 0] ^ new[x, 0] ^ target[0]
                    least = far
                    for y in range(branches):
                        value = np.int32((cost[base | y] + np.int32(ones(old[y, 0] ^ want))) << n_in | y)
                        least = min(least, value)
                    after[x * middles + m] = least >> n_in
                    if record:
                        choice[t, x * middles + m] = least & (branches - 1)
            else:
                for x in range(branches):
                    least = far
                    for y in range(branches):
                        value = cost[base | y]
                        for w in range(words):
                            value += np.int32(ones(old[y, w] ^ middle[m, w] ^ new[x, w] ^ target[w]))
                        least = min(least, np.int32(value << n_in | y))
                    after[x * middles + m] = least >> n_in
                    if record:
                        choice[t, x * middles + m] = least & (branches - 1)
        lowest = after.min()
        total += lowest
        for s in range(states):
            cost[s] = after[s] - lowest
    return total
