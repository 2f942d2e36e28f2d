"""The random numbers of every network: SplitMix64, so that a seed gives the same network on every platform.

Steele, Lea, Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014. NumPy's generators are not used:
their streams may change between versions, and a stored file must not.
"""

import numpy as np

__all__ = ["splitmix64"]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)


def splitmix64(seed: int, count: int) -> np.ndarray:
    """Return the first `count` outputs of SplitMix64 from state `seed` (0 ≤ seed < 2^64), uint64 (count,).

    >>> hex(splitmix64(0, 1)[0])
    '0xe220a8397b1dcdaf'
    """
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + _GAMMA * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
