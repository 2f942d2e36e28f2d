"""Hash tables in plain arrays (vector → slot, vector → number of pairs that sum to it), and random numbers.

A key is a uint64; 0 marks an empty cell, since the zero vector is never stored. Sizes are powers of two, and probing is
linear.
"""

import numpy as np
from numba import int64, njit, uint64

__all__ = ["count_of", "lengthened", "random_below", "random_word", "slot_delete", "slot_insert", "slot_of", "tally"]

MULTIPLIER = uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True, inline="always")
def home(key, size):  # type: ignore[no-untyped-def]
    """Return the cell where the search for a key begins."""
    word = key * MULTIPLIER
    return (word ^ (word >> uint64(29))) >> uint64(7) & uint64(size - 1)


@njit(cache=True, nogil=True)
def slot_of(keys, slots, key):  # type: ignore[no-untyped-def]
    """Return the slot of a key, -1 if the key is not stored."""
    cell = home(key, keys.size)
    while keys[cell] != uint64(0):
        if keys[cell] == key:
            return slots[cell]
        cell = (cell + uint64(1)) & uint64(keys.size - 1)
    return -1


@njit(cache=True, nogil=True)
def slot_insert(keys, slots, key, slot):  # type: ignore[no-untyped-def]
    """Store a slot for a key that is not stored yet."""
    cell = home(key, keys.size)
    while keys[cell] != uint64(0):
        cell = (cell + uint64(1)) & uint64(keys.size - 1)
    keys[cell] = key
    slots[cell] = slot


@njit(cache=True, nogil=True)
def slot_delete(keys, slots, key):  # type: ignore[no-untyped-def]
    """Remove a key and move back the keys that it had displaced (Knuth, TAOCP 6.4, algorithm R)."""
    last = uint64(keys.size - 1)
    cell = home(key, keys.size)
    while keys[cell] != key:
        cell = (cell + uint64(1)) & last
    free = cell
    while True:
        cell = (cell + uint64(1)) & last
        if keys[cell] == uint64(0):
            break
        wish = home(keys[cell], keys.size)
        if ((cell - wish) & last) >= ((cell - free) & last):
            keys[free] = keys[cell]
            slots[free] = slots[cell]
            free = cell
    keys[free] = uint64(0)


@njit(cache=True, nogil=True, inline="always")
def _tag(key):  # type: ignore[no-untyped-def]
    """Return the 47 bits of a key's hash that mark its cell; the low 16 bits hold the number."""
    word = key * MULTIPLIER
    return ((word ^ (word >> uint64(29))) | uint64(0x10000)) & ~uint64(0xFFFF)


@njit(cache=True, nogil=True)
def count_of(cells, key):  # type: ignore[no-untyped-def]
    """Return the number of a key, 0 if the key is not stored."""
    tag = _tag(key)
    cell = home(key, cells.size)
    while cells[cell] != uint64(0):
        if cells[cell] & ~uint64(0xFFFF) == tag:
            return int64(cells[cell] & uint64(0xFFFF))
        cell = (cell + uint64(1)) & uint64(cells.size - 1)
    return 0


@njit(cache=True, nogil=True)
def tally(cells, key, up):  # type: ignore[no-untyped-def]
    """Count a key up or down.

    A key and its number share one word, so that a look-up reads one cache line. Keys are told apart by a hash: two of
    them share a number with probability 2⁻⁴⁷, which does no harm to a count that only guides a search. Keys with the
    number 0 stay until the table is rebuilt.

    Returns:
        1 if the key is new, otherwise 0.
    """
    tag = _tag(key)
    cell = home(key, cells.size)
    while cells[cell] != uint64(0):
        if cells[cell] & ~uint64(0xFFFF) == tag:
            if up:
                cells[cell] += uint64(1)
            else:
                cells[cell] -= uint64(1)
            return 0
        cell = (cell + uint64(1)) & uint64(cells.size - 1)
    cells[cell] = tag | uint64(1)
    return 1


@njit(cache=True, nogil=True)
def random_word(state):  # type: ignore[no-untyped-def]
    """Return the next word of xorshift64* (Vigna 2016); `state` is one nonzero uint64 in an array."""
    word = state[0]
    word ^= word >> uint64(12)
    word ^= word << uint64(25)
    word ^= word >> uint64(27)
    state[0] = word
    return word * uint64(0x2545F4914F6CDD1D)


@njit(cache=True, nogil=True)
def random_below(state, bound):  # type: ignore[no-untyped-def]
    """Return a random integer in [0, bound), with bound below 2³²."""
    return int(((random_word(state) >> uint64(32)) * uint64(bound)) >> uint64(32))


@njit(cache=True, nogil=True)
def lengthened(array, size):  # type: ignore[no-untyped-def]
    """Return an array of one axis extended with zeros to a size.

    numba takes two seconds to compile an assignment to a slice, for the text of its error, and no time for this loop.
    """
    longer = np.zeros(size, array.dtype)
    for i in range(array.size):
        longer[i] = array[i]
    return longer
