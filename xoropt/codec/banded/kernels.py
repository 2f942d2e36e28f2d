"""Compiled loops of the banded elimination over GF(2).

Rows are kept *in place*: bit c of a row lies in word (c // 64) mod B, so that a row is never shifted when the window
moves on. B is a power of two and the window at most 64·(B − 1) bits wide, so the columns that a row can reach never
share a bit. A row is 2·B words: B words of the band, B − 1 words of the *border* (columns 0 … border − 1, which the
first and the last equations of a ring share) and one word of right-hand sides, bit p for plane p.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["BATCH", "care_stream", "columns", "eliminate", "evaluate", "meet", "shortfall", "substitute"]

ONE = np.uint64(1)
NIBBLE = np.uint64(15)
BATCH = 16
"""Equations that are reduced together: enough to hide the latency of one behind the others."""


def _vector(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), ir.VectorType(ir.IntType(64), 8).as_pointer())


@intrinsic
def xor8(typing_context, target, i, source, k):
    """target[i : i+8] ^= source[k : k+8], as one vector of 512 bits (the compiler splits it where it must)."""

    def codegen(context, builder, signature, args):
        at = _vector(context, builder, signature.args[0], args[0], args[1])
        other = builder.load(_vector(context, builder, signature.args[2], args[2], args[3]), align=8)
        builder.store(builder.xor(builder.load(at, align=8), other), at, align=8)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64), codegen


@intrinsic
def copy8(typing_context, target, i, source, k):
    """target[i : i+8] = source[k : k+8]."""

    def codegen(context, builder, signature, args):
        value = builder.load(_vector(context, builder, signature.args[2], args[2], args[3]), align=8)
        builder.store(value, _vector(context, builder, signature.args[0], args[0], args[1]), align=8)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64), codegen


@intrinsic
def trailing_zeros(typing_context, x):
    """Number of zero bits below the lowest one of a word that is not zero."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def ones(typing_context, x):
    """Number of one bits of a word."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), codegen


@njit(inline="always")
def _load(work, at, head, pattern, patterns, words, live, n, border, B):
    """Write the equation whose window begins at column `head` to work[at : at+2B], right-hand sides left zero.

    Columns whose bit in `live` is zero hold the constant 0 and are left out.
    """
    mask = B - 1
    for k in range(2 * B):
        work[at + k] = 0
    first = head >> 6
    shift = np.uint64(head & 63)
    source = pattern * words
    if head >= border and head + 64 * words <= n:
        if shift == 0:
            for i in range(words):
                work[at + ((first + i) & mask)] = patterns[source + i] & live[first + i]
        else:
            rest = np.uint64(64) - shift
            carry = np.uint64(0)
            for i in range(words):
                value = patterns[source + i]
                work[at + ((first + i) & mask)] = ((value << shift) | carry) & live[first + i]
                carry = value >> rest
            work[at + ((first + words) & mask)] = carry & live[first + words]
    else:  # near the ring's seam, or a ring shorter than the window: bit by bit
        for i in range(words):
            value = patterns[source + i]
            while value:
                column = (head + i * 64 + trailing_zeros(value)) % n
                value &= value - ONE
                if (live[column >> 6] >> np.uint64(column & 63)) & ONE == 0:
                    continue
                if column < border:
                    work[at + B + (column >> 6)] ^= ONE << np.uint64(column & 63)
                else:
                    work[at + ((column >> 6) & mask)] ^= ONE << np.uint64(column & 63)


@njit(cache=True, nogil=True)
def eliminate(
    heads,
    pattern,
    values,
    patterns,
    words,
    live,
    window,
    n,
    border,
    B,
    rows,
    owner,
    border_rows,
    border_owner,
    dependent,
    residual,
    table,
    work,
):
    """On-line elimination; returns the number of dependent equations.

    Equation e reads columns heads[e] + i (mod n) for every bit i of patterns[pattern[e]]; heads ascend. Columns that
    are left for a pivot are taken from the earliest. `BATCH` consecutive equations pass together through the columns
    that all
    have a pivot, four columns at a time: `table` holds, for every group of four such columns, the sixteen sums of their
    pivot rows (the method of the Four Russians). One after another each then goes on through the rest, pivot by pivot.

    Args:
        heads, pattern: int64 (E,); values: uint64 (E,), right-hand sides.
        patterns: uint64, flat (n_out·words,).
        live: uint64 (⌈n/64⌉ + 1,), bit set for every column that is an unknown; the others are constant 0.
        window: bits, at most 64·(B − 1); border: columns kept for the end, `window` in a ring and 0 in an open stream.
        rows: out, uint64 (n·2B,), zero: pivot rows by column; owner: out, int32 (n,), −1 (0 where
            not live): the equation of each.
        border_rows: out, uint64 (border·B,); border_owner: out, int32 (border,), as `owner`.
        dependent: out, int64 (E,), equations that depend on earlier ones; residual: out, uint64 (E,), bit p set where
            plane p's value disagrees with them.
        table: scratch, uint64 (16·16·B·2B,); work: scratch, uint64 (BATCH·2B,).
    """
    width = 2 * B
    mask = B - 1
    group_mask = B * 16 - 1
    count = 0
    frontier = border >> 2  # groups below have a pivot in every column that can still occur
    total = heads.shape[0]
    e0 = 0
    while e0 < total:
        size = 1
        reach = (
            (max(heads[e0], border) & ~3) + 64 * B - window
        )  # a later head's row would wrap onto columns still to come
        while size < BATCH and e0 + size < total and heads[e0 + size] <= reach:
            size += 1
        for k in range(size):
            _load(work, k * width, heads[e0 + k], pattern[e0 + k], patterns, words, live, n, border, B)
            work[k * width + width - 1] = values[e0 + k]
        for k in range(size * width, BATCH * width):
            work[k] = 0
        head = heads[e0]
        if (head >> 2) > frontier:
            frontier = head >> 2
        g = max(head, border) >> 2
        while g < frontier:
            i = (g >> 4) & mask
            shift = np.uint64((g & 15) * 4)
            base = (g & group_mask) * 16
            for k in range(0, BATCH * width, width):
                row = (base + np.int64((work[k + i] >> shift) & NIBBLE)) * width
                for q in range(0, width, 8):
                    xor8(work, k + q, table, row + q)
            g += 1
        after = (4 * frontier) >> 6
        for k in range(size):
            e = e0 + k
            at = k * width
            last = min(heads[e] + window, n) - 1
            placed = False
            i = max(after, heads[e] >> 6)
            while i * 64 <= last:
                bits = work[at + (i & mask)]
                while bits:
                    column = i * 64 + trailing_zeros(bits)
                    pivot = column * width
                    word = rows[pivot + (i & mask)]
                    if word == 0:
                        for q in range(0, width, 8):
                            copy8(rows, pivot + q, work, at + q)
                        owner[column] = e
                        placed = True
                        break
                    bits ^= word
                    for q in range(0, width, 8):
                        xor8(work, at + q, rows, pivot + q)
                if placed:
                    break
                i += 1
            if placed:
                continue
            for i in range(B - 1):
                bits = work[at + B + i]
                while bits:
                    column = i * 64 + trailing_zeros(bits)
                    pivot = column * B
                    if border_owner[column] < 0:
                        for q in range(0, B, 8):
                            copy8(border_rows, pivot + q, work, at + B + q)
                        border_owner[column] = e
                        placed = True
                        break
                    bits ^= border_rows[pivot + i]
                    for q in range(0, B, 8):
                        xor8(work, at + B + q, border_rows, pivot + q)
                if placed:
                    break
            if not placed:
                dependent[count] = e
                residual[count] = work[at + width - 1]
                count += 1
        e0 += size
        head = heads[min(e0, total - 1)]
        while 4 * frontier + 3 < n:
            full = True
            for k in range(4):
                column = 4 * frontier + k
                if column >= head and column >= border and owner[column] < 0:
                    full = False
            if not full:
                break
            base = (frontier & group_mask) * 16 * width
            i = ((4 * frontier) >> 6) & mask
            shift = np.uint64((4 * frontier) & 63)
            for q in range(width):
                table[base + q] = 0
            for k in range(3, -1, -1):
                low = 1 << k
                pivot = (4 * frontier + k) * width
                here = np.int64((rows[pivot + i] >> shift) & NIBBLE)
                value = low
                while value < 16 and here:
                    target = base + value * width
                    other = base + (value ^ here) * width
                    for q in range(0, width, 8):
                        copy8(table, target + q, rows, pivot + q)
                        xor8(table, target + q, table, other + q)
                    value += 2 * low
            frontier += 1
    return count


@njit(cache=True, nogil=True)
def substitute(rows, owner, border_rows, border_owner, n, border, B, planes, x):
    """Back-substitution: x (planes·n,) uint8, out: a solution of the independent equations, free columns zero."""
    width = 2 * B
    mask = B - 1
    band = np.zeros(planes * B, np.uint64)  # the solution in place, as the rows are
    edge = np.zeros(planes * B, np.uint64)
    for column in range(border - 1, -1, -1):
        if border_owner[column] < 0:
            continue
        pivot = column * B
        for p in range(planes):
            total = np.uint64(0)
            for i in range(B - 1):
                total ^= border_rows[pivot + i] & edge[p * B + i]
            bit = (np.uint64(ones(total)) ^ (border_rows[pivot + B - 1] >> np.uint64(p))) & ONE
            edge[p * B + (column >> 6)] |= bit << np.uint64(column & 63)
            x[p * n + column] = bit
    for column in range(n - 1, border - 1, -1):
        i = (column >> 6) & mask
        shift = np.uint64(column & 63)
        pivot = column * width
        for p in range(planes):
            at = p * B
            band[at + i] &= ~(ONE << shift)
            if owner[column] < 0:
                continue
            total = np.uint64(0)
            for k in range(B):
                total ^= rows[pivot + k] & band[at + k]
            for k in range(B - 1):
                total ^= rows[pivot + B + k] & edge[at + k]
            bit = (np.uint64(ones(total)) ^ (rows[pivot + width - 1] >> np.uint64(p))) & ONE
            band[at + i] |= bit << shift
            x[p * n + column] = bit


@njit(cache=True, nogil=True)
def evaluate(heads, pattern, patterns, words, n, planes, x, out):
    """out[e] uint64: bit p is equation e's left side for plane p of the solution x (planes·n,) uint8."""
    length = (n >> 6) + words + 2
    packed = np.zeros(length, np.uint64)
    for p in range(planes):
        for i in range(length):
            packed[i] = 0
        for c in range(64 * (length - 1)):
            packed[c >> 6] |= np.uint64(x[p * n + c % n]) << np.uint64(c & 63)
        for e in range(heads.shape[0]):
            i = heads[e] >> 6
            shift = np.uint64(heads[e] & 63)
            source = pattern[e] * words
            total = np.uint64(0)
            for k in range(words):
                value = packed[i + k] >> shift
                if shift:
                    value |= packed[i + k + 1] << (np.uint64(64) - shift)
                total ^= patterns[source + k] & value
            out[e] |= (np.uint64(ones(total)) & ONE) << np.uint64(p)


@njit(cache=True, nogil=True)
def columns(
    heads,
    pattern,
    patterns,
    words,
    live,
    window,
    n,
    border,
    B,
    rows,
    owner,
    border_rows,
    border_owner,
    last,
    column,
    budget,
):
    """Columns of the syndrome: which of up to 64 dependent equations a flip of each equation's value would change.

    Runs `eliminate` once more for the equations that matter, from the last to the first, and hands each one's column
    on to the equations whose pivots it used.

    Args:
        last: the last dependent equation.
        column: uint64 (E,), in: bit k at the k-th dependent equation, zero elsewhere; out: the columns.
        budget: reductions allowed.

    Returns:
        The first equation with a column that is not zero, or −1 when the budget was spent.
    """
    width = 2 * B
    mask = B - 1
    work = np.zeros(width, np.uint64)
    first = last
    for e in range(last, -1, -1):
        mine = column[e]
        if mine == 0:
            continue
        if budget == 0:
            return -1
        budget -= 1
        first = e
        _load(work, 0, heads[e], pattern[e], patterns, words, live, n, border, B)
        end = min(heads[e] + window, n) - 1
        i = max(heads[e], border) >> 6
        placed = False
        while i * 64 <= end:
            bits = work[i & mask]
            while bits:
                c = i * 64 + trailing_zeros(bits)
                if owner[c] < 0 or owner[c] >= e:  # pivots of later equations did not exist yet
                    placed = True
                    break
                column[owner[c]] ^= mine
                bits ^= rows[c * width + (i & mask)]
                for q in range(0, width, 8):
                    xor8(work, q, rows, c * width + q)
            if placed:
                break
            i += 1
        if placed:
            continue
        for i in range(B - 1):
            bits = work[B + i]
            while bits:
                c = i * 64 + trailing_zeros(bits)
                if border_owner[c] < 0 or border_owner[c] >= e:
                    placed = True
                    break
                column[border_owner[c]] ^= mine
                bits ^= border_rows[c * B + i]
                for q in range(0, B, 8):
                    xor8(work, B + q, border_rows, c * B + q)
            if placed:
                break
    return first


@njit(cache=True, nogil=True)
def care_stream(care, lanes, rows, multiplier, step, starts, stream_row, weight):
    """The care bits in stream order, lane after lane.

    Args:
        care: uint8 (weights of the segment,); rows·lanes of them, or fewer in the last row.
        multiplier, step: stream row p holds weight row p·multiplier mod rows, rotated by p·step mod lanes.
        starts: out, int64 (lanes + 1,), zero: first care bit of each lane.
        stream_row: out, int64 (care bits,); weight: out, int64 (care bits,), index into `care`.
    """
    outputs = care.shape[0]
    y = 0
    turn = 0
    for _ in range(rows):
        base = y * lanes
        size = min(lanes, outputs - base)
        for k in range(size):
            lane = k - turn
            if lane < 0:
                lane += lanes
            starts[lane + 1] += care[base + k]
        y = (y + multiplier) % rows
        turn = (turn + step) % lanes
    for lane in range(lanes):
        starts[lane + 1] += starts[lane]
    place = starts[:lanes].copy()
    y = 0
    turn = 0
    for p in range(rows):
        base = y * lanes
        size = min(lanes, outputs - base)
        for k in range(size):
            if care[base + k]:
                lane = k - turn
                if lane < 0:
                    lane += lanes
                at = place[lane]
                stream_row[at] = p
                weight[at] = base + k
                place[lane] = at + 1
        y = (y + multiplier) % rows
        turn = (turn + step) % lanes


@njit(cache=True, nogil=True)
def shortfall(level_heads, capacity):
    """Care bits that find a token bucket of `capacity` bits empty, going round the ring from its lowest level.

    level_heads: int64 (E,), the exact head of each care bit, in stream order, from the ring's cut.
    """
    level = np.int64(0)
    head = level_heads[0] if level_heads.shape[0] else np.int64(0)
    missing = 0
    for e in range(level_heads.shape[0]):
        level = min(level + level_heads[e] - head, capacity)
        head = level_heads[e]
        if level > 0:
            level -= 1
        else:
            missing += 1
    return missing


@njit(cache=True, nogil=True)
def cover(weight, prefix, column, target, rest, first, chain, pair, ready, picks, rests):
    """Ways to sum `weight` columns, 1 to 4, whose prefixes sum to `target`; as many as `picks` holds.

    Of three columns two come from `pair`, and of four all: one pair for each sum, so that a way is found where there is
    one.

    Args:
        prefix: int64 (M,), not zero; column: uint64 (M,), the whole columns.
        target: sum of prefixes wanted, not zero; rest: the whole syndrome.
        first, chain: int32 (size,), (M,): columns of each prefix as linked lists, −1 ends.
        pair: int64 (size,), i·M + k of two columns with that sum of prefixes, −1; filled here on first use.
        ready: uint8 (1,), 1 once `pair` is filled.
        picks: out, int64 (R, 4), columns; rests: out, uint64 (R,), the syndrome they leave.

    Returns:
        Number of ways written.
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
    """Three or four columns that sum to the target, by sums of two; returns their number, 0 when there are none.

    Args:
        column: uint64 (M,), M < 46,000; code: int64 (M,), a linear hash of each below `size`, a power of two.
        target, target_code: the sum wanted and its hash.
        picks: out, int64 (4,).
    """
    M = column.shape[0]
    begin = np.zeros(size + 1, np.int64)
    for i in range(M):
        for k in range(i + 1, M):
            begin[(code[i] ^ code[k]) + 1] += 1
    for v in range(size):
        begin[v + 1] += begin[v]
    place = begin[:size].copy()
    pairs = np.empty(M * (M - 1) // 2, np.int32)
    for i in range(M):
        for k in range(i + 1, M):
            v = code[i] ^ code[k]
            pairs[place[v]] = i * M + k
            place[v] += 1
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
