"""What each search costs, in steps of about a nanosecond. It is known beforehand, so that budgets need no clock."""

import numpy as np

from xoropt_solvers.kernels.bits import inner, int64

__all__ = ["HUGE", "NODE", "TRELLIS_BITS", "binomial", "level_steps", "meet_steps", "trellis_steps"]

HUGE = np.int64(1) << np.int64(56)  # more than any budget; a hundred of them still fit an int64
TRELLIS_BITS = 22  # a table of 32 MB
TABLE_SIZE = 1 << 22  # entries of a meet-in-the-middle table: 64 MB
# Steps of a visit, measured against the clock.
SCAN, PREFIX, LOOKUP, RELAX, NODE = 0.4, 12.0, 8.0, 0.6, 6


@inner
def binomial(n, k):  # type: ignore[no-untyped-def]
    """Return C(n, k), or 2^56 where it is larger."""
    if k < 0 or k > n:
        return int64(0)
    value = 1.0
    for i in range(k):
        value = value * (n - i) / (i + 1)
    return int64(value + 0.5) if value < 7e16 else HUGE


@inner
def level_steps(m, t, words):  # type: ignore[no-untyped-def]
    """Count the steps of all patterns of t of m members: the innermost scans, and the prefixes that start them.

    A syndrome of several words takes as many scans.
    """
    return min(int64(words * (SCAN * binomial(m, t) + PREFIX * binomial(m, t - 1))) + 1, HUGE)


@inner
def meet_steps(m, first, last):  # type: ignore[no-untyped-def]
    """Count the steps to exclude weights first … last − 1 by meeting in the middle of m columns; HUGE if too many."""
    steps = int64(0)
    for weight in range(first, last):
        half = weight // 2
        if half < 1 or binomial(m, half) > TABLE_SIZE:
            return HUGE
        steps = min(steps + int64(LOOKUP * (binomial(m, half) + binomial(m, weight - half))), HUGE)
    return steps


@inner
def trellis_steps(m, c):  # type: ignore[no-untyped-def]
    """Count the steps of a table over 2^c syndromes that takes in m columns; HUGE where the table is too large."""
    return int64(RELAX * ((int64(1) << c) * (m + 1))) if c <= TRELLIS_BITS else HUGE
