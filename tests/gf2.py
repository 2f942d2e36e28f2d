"""Linear algebra over GF(2) on integers, for the tests: slow, and nothing of the library's own."""


def rank(rows):
    """Of integers as rows."""
    pivots = {}
    for row in rows:
        while row:
            low = row & -row
            if low not in pivots:
                pivots[low] = row
                break
            row ^= pivots[low]
    return len(pivots)
