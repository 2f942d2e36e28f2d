"""The compiled loop that finds the scales of blocks."""

import math

import numpy as np
from numba import float32, njit

__all__ = ["find_scales"]


@njit("float64(float64, boolean)", cache=True, nogil=True)
def _nearest(x, floats):  # type: ignore[no-untyped-def]
    """Return the code nearest to x ≥ 0: an integer, or an 8-bit float with four exponent and three mantissa bits."""
    if not floats:
        return math.floor(x + 0.5)
    if x < 2.0**-6:
        return math.floor(x * 512 + 0.5) / 512
    step = 2.0 ** (math.frexp(x)[1] - 4)
    return math.floor(x / step + 0.5) * step


@njit("UniTuple(float64, 2)(float64, int64, float64)", cache=True, nogil=True)
def _rooms(weight, digits, least):  # type: ignore[no-untyped-def]
    """Return how far above and below a weight the numbers lie that are rounded to it."""
    mantissa, exponent = math.frexp(weight)
    step = 2.0 ** (exponent - digits)
    above = max(least, step) * 0.5000001
    return above, max(least, step / 2) * 0.5000001 if mantissa == 0.5 else above


@njit("float64(float64, int64, float64)", cache=True, nogil=True)
def _rounded(x, digits, least):  # type: ignore[no-untyped-def]
    """Round a number to float32, and that to the digits of a weight."""
    wide = float(float32(x))
    step = max(least, 2.0 ** (math.frexp(wide)[1] - digits))
    return np.rint(wide / step) * step


@njit("boolean(float64[:,:], float64, int64, float64, boolean)", cache=True, nogil=True)
def _gives(block, scale, digits, least, floats):  # type: ignore[no-untyped-def]
    """Return whether all weights of a block are products of a scale by the nearest codes, or the next integers."""
    if scale <= 0.0:
        return False
    for r in range(block.shape[0]):
        for c in range(block.shape[1]):
            weight = abs(block[r, c])
            own = _nearest(weight / scale, floats)
            if _rounded(own * scale, digits, least) != weight and (
                floats
                or (
                    _rounded((own - 1) * scale, digits, least) != weight
                    and _rounded((own + 1) * scale, digits, least) != weight
                )
            ):
                return False
    return True


@njit("float64(int64, boolean)", cache=True, nogil=True)
def _candidate(number, floats):  # type: ignore[no-untyped-def]
    """Return a code that the largest weight of a block may have: integers ascend, 8-bit floats descend from 448."""
    if not floats:
        return float(number + 1)
    number += 1
    return (15 - number % 8) * 2.0 ** (5 - number // 8)


@njit(
    "int64(float64[:,::1], int64, int64, int64, float64, boolean, int64, int64[::1], float64[:,::1])",
    cache=True,
    nogil=True,
)
def find_scales(matrix, high, wide, digits, least, floats, candidates, steps, found):  # type: ignore[no-untyped-def]
    """Find for blocks of a matrix the scales of which all weights are multiples by codes, but for rounding.

    Each code is tried for the largest weight of a block. It leaves an interval of scales, which every other weight
    narrows: its own code is the nearest one, or the next integer, and the product must round to it. Small weights come
    first, whose codes are certain. Then the products are made, since a weight in the middle of two is one of them only.

    Args:
        matrix: finite numbers.
        high, wide: rows and columns of a block.
        digits: binary digits of a weight's significand.
        least: the least distance between weights.
        floats: whether codes are 8-bit floats; otherwise they are integers.
        candidates: codes to try.
        steps: one number, how many more weights may be looked at; what was looked at is taken from it.
        found: out, for each block, in row-major order, the least and the greatest scale; both 1 where all weights are
            zero.

    Returns:
        How many blocks, from the first one on, have scales.
    """
    rows, columns = matrix.shape
    across = -(-columns // wide)
    for i in range(len(found)):
        top, left = i // across * high, i % across * wide
        bottom, right = min(rows, top + high), min(columns, left + wide)
        largest = 0.0
        for r in range(top, bottom):
            for c in range(left, right):
                largest = max(largest, abs(matrix[r, c]))
        found[i, 0] = found[i, 1] = 1.0
        if largest == 0.0:
            continue
        above, below = _rooms(largest, digits, least)
        fits = False
        for number in range(candidates):
            code = _candidate(number, floats)
            low, upper = (largest - below) / code, (largest + above) / code
            fits, looked = True, 0
            for turn in range(5):
                least_here = 0.0 if turn == 0 else largest * 2.0 ** (turn - 5)
                most_here = largest * 2.0 ** (turn - 4)
                for r in range(top, bottom):
                    for c in range(left, right):
                        looked += 1
                        weight = abs(matrix[r, c])
                        if weight == 0.0 or weight <= least_here or weight > most_here:
                            continue
                        own = _nearest(2 * weight / (low + upper), floats)
                        if own == 0.0:
                            fits = False
                            break
                        more, less = _rooms(weight, digits, least)
                        if not floats and (weight - less) / own > upper:
                            own += 1
                        elif not floats and own > 1 and (weight + more) / own < low:
                            own -= 1
                        low = max(low, (weight - less) / own)
                        upper = min(upper, (weight + more) / own)
                        if low > upper:
                            fits = False
                            break
                    if not fits:
                        break
                if not fits:
                    break
            steps[0] -= looked
            if steps[0] < 0:
                return i
            if fits:
                found[i, 0], found[i, 1] = low, upper
                block, scale = matrix[top:bottom, left:right], (low + upper) / 2
                fits = _gives(block, _rounded(scale, digits, least), digits, least, floats)
                if not fits and digits < 24:
                    fits = _gives(block, _rounded(scale, 24, 0.0), digits, least, floats)
                if fits:
                    break
        if not fits:
            return i
    return len(found)
