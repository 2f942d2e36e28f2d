"""Numbers of patterns, as logarithms: of thousands of rows they exceed any float, and take long to count exactly."""

from collections.abc import Iterable
from functools import lru_cache
from math import exp, inf, lgamma, log

__all__ = ["as_float", "log_comb", "log_sum"]

MOST = 700.0
"""The logarithm of the largest number that `as_float` returns as it is."""


@lru_cache(maxsize=1 << 16)
def log_comb(n: int, k: int) -> float:
    """Return the natural logarithm of the number of ways to choose k of n ≥ 0; −inf where there is none.

    >>> round(log_comb(5, 2), 9) == round(log(10), 9), log_comb(5, 6)
    (True, -inf)
    """
    if not 0 <= k <= n:
        return -inf
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def log_sum(logs: Iterable[float]) -> float:
    """Return the logarithm of the sum of numbers that are given by theirs; −inf for none.

    >>> log_sum([log(2), log(3), -inf]) == log(5)
    True
    """
    terms = list(logs)
    most = max(terms, default=-inf)
    return most if most == -inf else most + log(sum(exp(term - most) for term in terms))


def as_float(logarithm: float) -> float:
    """Return the number with this logarithm, or infinity where it is beyond all use."""
    return inf if logarithm > MOST else exp(logarithm)
