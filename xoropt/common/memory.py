"""Memory that begins on a cache line, so that a vector of 512 bits never straddles two."""

import numpy as np

__all__ = ["CACHE_LINE", "address", "aligned", "aligned_zeros"]

CACHE_LINE = 64
"""Bytes of a cache line."""


def address(array: np.ndarray) -> int:
    """The address of an array's first element."""
    return array.__array_interface__["data"][0]  # a third of the time of array.ctypes.data


def aligned(size: int, dtype: np.dtype | type = np.uint64, phase: int = 0) -> np.ndarray:
    """An uninitialized array whose element −phase would lie at the beginning of a cache line."""
    item = np.dtype(dtype).itemsize
    octets = np.empty(size * item + CACHE_LINE, dtype=np.uint8)
    skip = (phase * item - address(octets)) % CACHE_LINE
    return octets[skip : skip + size * item].view(dtype)


def aligned_zeros(words: int) -> np.ndarray:
    """Zeros, uint64 (words,), from the beginning of a cache line on."""
    memory = np.zeros(words + CACHE_LINE // 8, dtype=np.uint64)  # fresh from the system: its pages are made when used
    skip = -address(memory) % CACHE_LINE // 8
    return memory[skip : skip + words]
