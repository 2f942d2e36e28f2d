"""Compiled loops that find one to four columns with a wanted sum."""

import numpy as np
from numba import njit

__all__ = ["cover", "meet"]


@njit(cache=True, nogil=True)
def cover(weight, prefix, column, target, rest, first, chain, pair, ready, picks, rests):
    """Find ways to choose `weight` columns, 1 to 4, so that their prefixes sum to `target`.

    A column's *prefix* is its bits in the current stretch. `pair` holds one pair of columns for each sum of two
    prefixes. Two of three columns, and all of four, come from such pairs, so that a way is found if there is one.

    Args:
        weight: number of columns.
        prefix: int64 (M,), the prefixes, not zero.
        column: uint64 (M,), the whole columns.
        target: the wanted sum of prefixes, not zero.
        rest: the whole syndrome.
        first, chain: int32 (size,) and (M,), the columns of each prefix as linked lists; −1 ends a list.
        pair: int64 (size,), i·M + k of two columns with that sum of prefixes, or −1; filled here on first use.
        ready: uint8 (1,), 1 once `pair` is filled.
        picks: out, int64 (R, 4), the columns of each way.
        rests: out, uint64 (R,), the syndrome that each way leaves.

    Returns:
        The number of ways that were written, at most R.
    """
    M = prefix.shape[0]
    limit = picks.shape[0]
    count = 0
    if weight == 1:
        i = first[target]
        while i >= 0 and count < limit:
            picks[count, 0] = i
            rests[count] = rest ^ column[i]
            count += 1
            i = chain[i]
        return count
    if weight == 2:
        for i in range(M):
            k = first[target ^ prefix[i]]
            while k >= 0 and count < limit:
                if k > i:
                    picks[count, 0] = i
                    picks[count, 1] = k
                    rests[count] = rest ^ column[i] ^ column[k]
                    count += 1
                k = chain[k]
        return count
    if not ready[0]:
        ready[0] = 1
        filled = 0
        for i in range(M):
            if filled >= pair.shape[0] - 1:
                break
            for k in range(i + 1, M):
                value = prefix[i] ^ prefix[k]
                if pair[value] < 0:
                    pair[value] = i * M + k
                    filled += 1
    if weight == 3:
        for i in range(M):
            both = pair[target ^ prefix[i]]
            if both >= 0 and count < limit:
                a, b = both // M, both % M
                if i != a and i != b:
                    picks[count, 0] = i
                    picks[count, 1] = a
                    picks[count, 2] = b
                    rests[count] = rest ^ column[i] ^ column[a] ^ column[b]
                    count += 1
        return count
    for value in range(pair.shape[0]):
        other = value ^ target
        if value < other and pair[value] >= 0 and pair[other] >= 0 and count < limit:
            a, b = pair[value] // M, pair[value] % M
            c, d = pair[other] // M, pair[other] % M
            if a != c and a != d and b != c and b != d:
                picks[count, 0] = a
                picks[count, 1] = b
                picks[count, 2] = c
                picks[count, 3] = d
                rests[count] = rest ^ column[a] ^ column[b] ^ column[c] ^ column[d]
                count += 1
    return count


@njit(cache=True, nogil=True)
def meet(column, code, target, target_code, size, picks):
    """Find three or four columns with a wanted sum, by comparing sums of two (meet in the middle).

    Args:
        column: uint64 (M,), M < 46,000.
        code: int64 (M,), a linear hash of each column, below `size`.
        target, target_code: the wanted sum and its hash.
        size: a power of two.
        picks: out, int64 (4,), the columns.

    Returns:
        The number of columns, 3 or 4; 0 where there are none.
    """
    M = column.shape[0]
    begin = np.zeros(size + 1, np.int32)  # first how many pairs have a hash, then where they end, last where they begin
    for i in range(M):
        for k in range(i + 1, M):
            begin[code[i] ^ code[k]] += 1
    for v in range(size):
        begin[v + 1] += begin[v]
    pairs = np.empty(M * (M - 1) // 2, np.int32)
    for i in range(M - 1, -1, -1):
        for k in range(M - 1, i, -1):
            v = code[i] ^ code[k]
            begin[v] -= 1
            pairs[begin[v]] = i * M + k
    for i in range(M):
        v = target_code ^ code[i]
        for at in range(begin[v], begin[v + 1]):
            a, b = pairs[at] // M, pairs[at] % M
            if column[a] ^ column[b] ^ column[i] == target:
                picks[0], picks[1], picks[2] = i, a, b
                return 3
    for v in range(size):
        w = v ^ target_code
        if w < v:
            continue
        for at in range(begin[v], begin[v + 1]):
            a, b = pairs[at] // M, pairs[at] % M
            rest = target ^ column[a] ^ column[b]
            for other in range(begin[w], begin[w + 1]):
                c, d = pairs[other] // M, pairs[other] % M
                if column[c] ^ column[d] == rest:
                    picks[0], picks[1], picks[2], picks[3] = a, b, c, d
                    return 4
    return 0
