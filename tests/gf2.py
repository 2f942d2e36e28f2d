"""Linear algebra over GF(2) for the tests: slow, and independent of the library."""


def rank(rows):
    """Return the rank of a matrix whose rows are the bits of integers."""
    pivots = {}
    for row in rows:
        while row:
            low = row & -row
            if low not in pivots:
                pivots[low] = row
                break
            row ^= pivots[low]
    return len(pivots)
