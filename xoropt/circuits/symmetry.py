"""Symmetries of a binary matrix: the exchanges of columns, with the rows exchanged to match, that leave it as it is.

A circulant matrix has those that turn its blocks, a Hadamard matrix those that exchange halves, a matrix of equal parts
those that exchange the parts. They are found by individualization and refinement: two colourings, of which one gives
column 0 a colour of its own and the other column j, are refined together, until the colours say which column goes where
(B. D. McKay, "Practical graph isomorphism", 1981).
"""

import numpy as np

__all__ = ["is_group", "orders", "symmetries"]

MOST_SYMMETRIES = 64
"""The most elements of a group that is listed in full."""
TRIES = 200
"""The most refinements for one image of a column."""


def symmetries(matrix: np.ndarray) -> np.ndarray:
    """Return exchanges of columns that leave the set of rows as it is.

    Args:
        matrix: bool (rows, columns) with distinct rows.

    Returns:
        int64 (elements, columns): element g moves column j to column g[j]. The identity comes first. They form a group
        if there are at most `MOST_SYMMETRIES`; of larger groups only generators are given.
    """
    n = matrix.shape[1]
    identity = tuple(range(n))
    found = [identity]
    for image in range(1, n):
        if all(element[0] != image for element in found):
            moved = _search(matrix, [(0, image)], [TRIES])
            if moved is not None:
                found = _closed([*found, moved])
    return np.array(found, dtype=np.int64).reshape(-1, n)


def orders(elements: np.ndarray) -> np.ndarray:
    """Return how often each exchange must be made to come back to the start: int64 (elements,)."""
    n = elements.shape[1]
    result = np.ones(len(elements), dtype=np.int64)
    for i, element in enumerate(elements):
        power = element
        while (power != np.arange(n)).any():
            power = element[power]
            result[i] += 1
    return result


def is_group(elements: np.ndarray) -> bool:
    """Return whether exchanges are a group: int64 (elements, columns), none of them twice, the identity among them."""
    known = {element.tobytes() for element in elements}
    return all(first[second].tobytes() in known for first in elements for second in elements)


def _closed(generators: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return the group that some exchanges generate, the identity first, or the exchanges if the group is large."""
    group = dict.fromkeys(generators)
    waiting = list(group)
    while waiting:
        element = waiting.pop()
        for other in generators:
            product = tuple(other[j] for j in element)
            if product not in group:
                if len(group) >= MOST_SYMMETRIES:
                    return generators
                group[product] = None
                waiting.append(product)
    return list(group)


def _search(matrix: np.ndarray, pairs: list[tuple[int, int]], tries: list[int]) -> tuple[int, ...] | None:
    """Return a symmetry that moves the first column of each pair to the second, or None if none is found."""
    if tries[0] <= 0:
        return None
    tries[0] -= 1
    colours = _refined(matrix, pairs)
    if colours is None:
        return None
    left, right = colours
    sizes = np.bincount(left)
    if sizes.max() == 1:
        image = np.empty(len(left), dtype=np.int64)
        image[np.argsort(left)] = np.argsort(right)
        return tuple(image.tolist()) if _is_symmetry(matrix, image) else None
    cell = int(np.flatnonzero(sizes > 1)[0])
    column = int(np.flatnonzero(left == cell)[0])
    for other in np.flatnonzero(right == cell).tolist():
        found = _search(matrix, [*pairs, (column, other)], tries)
        if found is not None:
            return found
    return None


def _refined(matrix: np.ndarray, pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the refined colours of the columns on both sides, or None if they differ in the sizes of their cells."""
    n_rows, n = matrix.shape
    whole = matrix.astype(np.int64)
    columns = np.zeros((2, n), dtype=np.int64)
    for i, pair in enumerate(pairs, start=1):
        for side in (0, 1):
            columns[side, pair[side]] = i
    count = 0
    random = np.random.default_rng(0).integers(1, 1 << 30, 2 * (n + n_rows) + len(pairs) + 2)
    while True:
        rows = np.unique(random[columns] @ whole.T, return_inverse=True)[1].reshape(2, n_rows)
        sums = random[rows] @ whole
        columns = np.unique(np.stack([columns.ravel(), sums.ravel()]), axis=1, return_inverse=True)[1].reshape(2, n)
        if (np.bincount(columns[0], minlength=2 * n) != np.bincount(columns[1], minlength=2 * n)).any():
            return None
        if columns.max() + 1 == count:
            return columns[0], columns[1]
        count = int(columns.max()) + 1


def _is_symmetry(matrix: np.ndarray, image: np.ndarray) -> bool:
    """Return whether the rows are the same set after column j has moved to column image[j]."""
    moved = np.empty_like(matrix)
    moved[:, image] = matrix
    return {row.tobytes() for row in moved} == {row.tobytes() for row in matrix}
