"""The networks of docs/format.md, made from the text of that page alone, without the package."""

import math
from itertools import pairwise

from hypothesis import strategies as st

SEED = st.integers(0, 2**64 - 1)


def _keys(**values):
    return st.fixed_dictionaries(values | {"seed": SEED}).map(
        lambda chosen: ",".join(f"{key}={value}" for key, value in chosen.items())
    )


def _windowed(windows, **values):
    """The keys of a network whose window is a multiple of its n_in."""
    return st.integers(1, 5).flatmap(lambda n: _keys(n_in=st.just(n), window=windows.map(lambda k: k * n), **values))


N_IN, N_OUT, FEW, SOME = st.integers(3, 20), st.integers(4, 40), st.integers(1, 3), st.integers(1, 4)
RECIPES = {
    "block": _keys(n_in=N_IN, n_out=N_OUT),
    "fixed_taps": _keys(n_in=N_IN, n_out=N_OUT, taps=FEW),
    "circulant": _keys(n_in=N_IN, n_out=N_OUT, taps=FEW),
    "toeplitz": _keys(n_in=N_IN, n_out=st.integers(1, 90)),
    "regular": _keys(n_in=st.integers(3, 9), n_out=N_OUT, taps=FEW),
    "lfsr": _keys(n_in=N_IN, n_out=N_OUT, cycles=SOME, taps=FEW),
    "ring_generator": _keys(n_in=N_IN, n_out=N_OUT, cells=N_IN, cycles=SOME, idle=st.integers(0, 5), taps=FEW),
    "sequential": _keys(n_in=N_IN, n_out=N_OUT, n_s=SOME),
    "windowed": _windowed(st.integers(4, 30), n_out=N_OUT, taps=st.sampled_from(["none", 1, 3])),
    "progressive": _windowed(SOME, n_out=st.integers(1, 9), taps=st.just(1)) | _windowed(st.just(3), taps=FEW),
    "convolutional": _keys(n_in=SOME, n_out=N_OUT, length=st.sampled_from([1, 2, 7, 64, 70]))
    | st.just("n_in=1,n_out=2,length=7,generators=171.133"),
    "staged": _keys(
        n_in=st.just(2),
        n_out=N_OUT,
        nodes=st.integers(2, 4),
        taps=SOME,
        reads=FEW,
        memory=st.integers(2, 6),
        node_window=st.sampled_from([16, 20]),
    ),
    "cascade": _keys(n_in=SOME, n_out=N_OUT, layers=SOME, span=st.integers(4, 9), memory=SOME, chained=FEW),
    "stages": st.sampled_from(
        ["n_in=2,rows=0.5/1", "n_in=1,rows=0.3/0.1;0.3/1", "n_in=3,rows=0.2/1.4;0/1.3;5.2/0.1.2"]
    ),
}


def rows_of(recipe, page):
    """Return the window of a recipe's network and, for every row, the set of window bits that it selects."""
    topology, _, settings = recipe.partition(":")
    keys = {key: int(v) if v.isdecimal() else v for key, v in (pair.split("=") for pair in settings.split(","))}
    if topology in ("lfsr", "ring_generator"):
        keys["polynomials"] = page
    if topology == "convolutional":
        keys["generators"] = str(keys["generators"])
    if topology == "stages":
        keys["rows"] = str(keys["rows"])
    return globals()[topology](**keys)


def output(seed, k):
    """Return output k of SplitMix64."""
    z = (seed + (k + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def lowest(seed, j, width):
    """Return the lowest `width` bits of outputs j·⌈width/64⌉, …, as a number."""
    words = -(-width // 64)
    return sum(output(seed, j * words + k) << 64 * k for k in range(words)) & (1 << width) - 1


def places(number):
    return {i for i in range(number.bit_length()) if number >> i & 1}


def subset(seed, j, things):
    return sorted(range(things), key=lambda i: output(seed, j * things + i))


def subsets(seed, things, count):
    """Return the first `count` entries of subsets 0, 1, 2, … of all things."""
    return [i for j in range(-(-count // things)) for i in subset(seed, j, things)][:count]


def later(signal, bits):
    return {i + bits for i in signal}


def block(n_in, n_out, seed):
    return n_in, [places(lowest(seed, j, n_in)) for j in range(n_out)]


def sequential(n_in, n_out, n_s, seed):
    window = n_in * (n_s + 1)
    return window, [places(lowest(seed, j, window)) for j in range(n_out)]


def windowed(n_in, n_out, window, taps, seed):
    if taps == "none":
        return window, [places(lowest(seed, j, window)) for j in range(n_out)]
    band = window - n_in + 1
    return window, [later(subset(seed, j, band)[:taps], j * n_in // n_out) for j in range(n_out)]


def fixed_taps(n_in, n_out, taps, seed):
    return n_in, [set(subset(seed, j, n_in)[:taps]) for j in range(n_out)]


def circulant(n_in, n_out, taps, seed):
    return n_in, [{(i + j % n_in) % n_in for i in subset(seed, j // n_in, n_in)[:taps]} for j in range(n_out)]


def toeplitz(n_in, n_out, seed):
    bits = lowest(seed, 0, n_in + n_out - 1)
    return n_in, [{i for i in range(n_in) if bits >> j - i + n_in - 1 & 1} for j in range(n_out)]


def regular(n_in, n_out, taps, seed):
    dealt = subsets(output(seed, 0), n_in, n_out * taps)
    rows = [dealt[j * taps : (j + 1) * taps] for j in range(n_out)]
    for j, row in enumerate(rows):
        for i in range(1, taps):
            if row[i] not in row[:i]:
                continue
            for other in rows[j + 1 :] + rows[:j]:
                fits = [at for at, bit in enumerate(other) if bit not in row]
                if row[i] not in other and fits:
                    row[i], other[fits[0]] = other[fits[0]], row[i]
                    break
    return n_in, [set(row) for row in rows]


def progressive(n_in, window, taps, seed, n_out=80):
    steps, rows, taken = 2 * window // n_in - 1, [[] for _ in range(n_out)], [0] * n_in
    for j, row in enumerate(rows):
        order = subset(seed, j, window)
        for _ in range(taps):
            distance, nodes, level = {}, {(j, 0)}, 0
            while nodes:
                reached = {(x + t * n_in) % (steps * n_in) for r, t in nodes for x in rows[r]} - distance.keys()
                distance |= dict.fromkeys(reached, level)
                joined = range(steps) if reached else ()
                nodes = {
                    (r, t)
                    for r, taps_of in enumerate(rows)
                    for t in joined
                    if any((x + t * n_in) % (steps * n_in) in reached for x in taps_of)
                }
                level += 1
            best = min(
                (x for x in order if x not in row),
                key=lambda x: (-distance.get(x, math.inf), taken[x % n_in], order.index(x)),
            )
            row.append(best)
            taken[best % n_in] += 1
    return window, [set(row) for row in rows]


def convolutional(n_in, n_out, length, generators, seed):
    given = None if generators == "none" else [int(word, 8) for word in generators.split(".")]

    def generator(number):
        return lowest(seed, number, length) | 1 | 1 << length - 1 if given is None else given[number]

    rows = [{k * n_in + i for i in range(n_in) for k in places(generator(j * n_in + i))} for j in range(n_out)]
    return n_in * length, rows


def polynomial(page, degree):
    """Return the exponents k from the page's table."""
    table = page.split("as L and all k:")[1].split("```")[1].split()
    return next(list(map(int, entry.split(":")[1].split(","))) for entry in table if entry.startswith(f"{degree}:"))


def lfsr(n_in, n_out, cycles, taps, seed, polynomials):
    cells, terms, rows = [{i} for i in range(n_in)], polynomial(polynomials, n_in), []
    for _ in range(cycles):
        rows += channels(cells, -(-n_out // cycles), taps, seed)
        cells = [added([cells[n_in - 1], *(cells[k - 1] for k in terms)]), *cells[:-1]]
    return n_in, rows[:n_out]


def ring_generator(n_in, n_out, cells, cycles, idle, taps, seed, polynomials):
    held, terms, rows = [set() for _ in range(cells)], polynomial(polynomials, cells), []
    enters = [i * (idle + cycles) // n_in for i in range(n_in)]
    most = max(enters.count(e) for e in enters)
    for e in range(idle + cycles):
        before, held = held, [held[-1], *held[:-1]]
        for k in terms:
            held[k // 2] = held[k // 2] ^ before[k // 2 + cells - k - 1]
        for m, i in enumerate(i for i in range(n_in) if enters[i] == e):
            held[m * cells // most] = held[m * cells // most] ^ {i}
        if e >= idle:
            rows += channels(held, -(-n_out // cycles), taps, seed)
    return n_in, rows[:n_out]


def channels(cells, count, taps, seed):
    return [added([cells[i] for i in subset(seed, k, len(cells))[:taps]]) for k in range(count)]


def added(signals):
    total = set()
    for signal in signals:
        total = total ^ signal
    return total


def stages(n_in, rows):
    signals, window = [{i} for i in range(n_in)], n_in
    for stage in rows.split(";"):
        entries = [[int(e) for e in row.split(".")] for row in stage.split("/")]
        width = len(signals)
        window += max(map(max, entries)) // width * n_in
        signals = [added([later(signals[e % width], e // width * n_in) for e in row]) for row in entries]
    return window, signals


def staged(n_in, n_out, nodes, taps, reads, memory, node_window, seed):
    first, second, third = (output(seed, k) for k in range(3))
    delays = [subset(first, i, node_window // n_in) for i in range(n_in)]
    tap = [delays[q % n_in][q // n_in] * n_in + q % n_in for q in range(nodes * taps)]
    made = [set(tap[v * taps : (v + 1) * taps]) for v in range(nodes)]
    turns = subsets(second, nodes, n_out * reads)
    rows = []
    for j in range(n_out):
        steps = subset(third, j, memory + 1)
        rows.append(added([later(made[turns[j * reads + i]], steps[i] * n_in) for i in range(reads)]))
    return node_window + memory * n_in, rows


def cascade(n_in, n_out, layers, span, memory, chained, seed):
    draws = [output(seed, k) for k in range(5)]
    cuts = [0, *sorted(1 + i for i in subset(draws[0], 0, span - 1)[: layers - 1]), span]
    distances = sorted((b - a for a, b in pairwise(cuts)), reverse=True)
    signals = [[{c} for c in range(n_in)]]
    for i, a in enumerate(distances):
        order = subset(draws[1], i, n_in)
        signals.append([signals[i][c] ^ later(signals[i][order[c]], a * n_in) for c in range(n_in)])
    turns, free = subsets(draws[2], n_in, 2 * n_out), n_out - chained
    partners = subsets(draws[4], free, chained)
    steps = [subset(draws[3], j, memory + 1)[:2] for j in range(n_out)]
    rows = []
    for j, (d, e) in enumerate(steps):
        other = signals[layers][turns[2 * j + 1]] if j < free else rows[partners[j - free]]
        rows.append(later(signals[j % layers][turns[2 * j]], d * n_in) ^ later(other, e * n_in))
    deepest = [max((step for pair in some for step in pair), default=0) for some in (steps[:free], steps[free:])]
    return n_in * (1 + span + sum(deepest)), rows
