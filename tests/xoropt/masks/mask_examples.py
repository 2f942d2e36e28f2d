"""Masks of every kind, drawn at random."""

import math

import numpy as np
from hypothesis import strategies as st

KINDS = ("empty", "full", "periodic", "random", "uneven", "n of m", "blocks", "spans", "slices", "exceptions")


@st.composite
def masks(draw):
    """Masks of up to three axes: of any density, with dense rows and columns, or with the structure of a codec."""
    shape = tuple(draw(st.lists(st.integers(0, 24), max_size=3)))
    kind = draw(st.sampled_from(KINDS))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if kind == "empty":
        return np.zeros(shape, dtype=bool)
    if kind == "full":
        return np.ones(shape, dtype=bool)
    if kind == "periodic":
        return (np.arange(math.prod(shape)) % draw(st.integers(1, 9)) == 0).reshape(shape)
    if kind == "n of m":
        m = draw(st.sampled_from([2, 4, 8, 16]))
        order = rng.random((*shape, m)).argsort(axis=-1)
        return order.reshape(*shape[:-1], m * (shape or (1,))[-1]) < draw(st.integers(0, m))
    if kind == "exceptions":
        mask = draw(masks())
        some = rng.random(mask.shape) < draw(st.sampled_from([0.0, 0.01, 0.1]))
        return mask ^ some
    if kind == "spans":
        width, slope = draw(st.integers(16, 40)), draw(st.sampled_from([-1, 0, 1]))
        line = slope * np.arange((shape or (1,))[-1])[:, None] + rng.integers(0, draw(st.integers(1, 40)))
        column = np.arange(width)
        return np.broadcast_to((column >= line - 9) & (column < line), (*shape[:-1], len(line), width)).copy()
    density = draw(st.floats(0, 1))
    if kind == "slices" and shape:
        along = tuple(side if i == rng.integers(len(shape)) else 1 for i, side in enumerate(shape))
        return (rng.random(along) < 0.3) & (rng.random(shape) < density)
    if kind == "blocks":
        block = draw(st.lists(st.integers(1, 9), min_size=2, max_size=2))
        return np.kron(rng.random(shape[:2] + (1,) * (2 - len(shape))) < density, np.ones(block, dtype=bool))
    if kind == "uneven" and shape:
        density = density * rng.random((shape[0], *(1 for _ in shape[1:]))) * rng.random(shape[-1])
    return rng.random(shape) < density
