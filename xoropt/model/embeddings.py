"""Embeddings and output layers: told by name, by bytes and by size, since pruning them costs much accuracy."""

import re
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np

from xoropt.model.arrays import same_bytes

__all__ = ["find_embeddings", "is_named_embedding"]

NAMES = re.compile(
    r"""(?i:embed|wte|wpe|lm_head)      # anywhere
    |[Ee]mbs?(?![a-z])|EMB(?![A-Z])     # the end of a word: emb.weight, pos_emb, tokEmb
    |(?:^|\.)shared\.weight$            # T5, BART
    """,
    re.VERBOSE,
)
"""What names of embeddings have in them."""
VOCABULARY = 1 << 13
"""Rows from which on a matrix may be one row for each word of a vocabulary."""
TIED = 1 << 10
"""Rows from which on two matrices with the same bytes are taken for an embedding and its output layer."""
FEWEST = 3
"""Matrices from which on a file is taken for a whole model, where one that stands out can be told."""


def is_named_embedding(name: str) -> bool:
    """Tell whether a tensor's name is that of an embedding."""
    return NAMES.search(name) is not None


def find_embeddings(
    tensors: Mapping[str, np.ndarray], same: Callable[[str, str], bool] | None = None
) -> dict[str, str]:
    """Find the matrices that are embeddings or output layers, whatever their names.

    Those are matrices with the bytes of a named embedding (tied weights); in a model of several matrices also two that
    are tied to each other, and those that are as tall as a vocabulary while at most one other matrix is as tall: layers
    within a network come more often.

    Args:
        tensors: arrays by name.
        same: tells whether two of them have the same bytes; None: the arrays are compared.

    Returns:
        By name, why it is taken for one.
    """
    matrices = {name: array for name, array in tensors.items() if array.ndim == 2 and array.dtype.kind not in "biuc"}
    found: dict[str, str] = {}
    for name, other in _same(matrices, same or (lambda one, other: same_bytes(tensors[one], tensors[other]))):
        named = is_named_embedding(name) or is_named_embedding(other)
        rows, columns = matrices[name].shape
        if named or (len(matrices) >= FEWEST and rows >= TIED and rows >= 2 * columns):
            for one, two in ((name, other), (other, name)):
                found[one] = f"tied: it has the bytes of '{two}', an embedding or its output layer"
    tall = Counter(array.shape[0] for array in matrices.values())
    for name, array in matrices.items():
        rows, columns = array.shape
        if name not in found and len(matrices) >= FEWEST and rows >= max(VOCABULARY, 2 * columns) and tall[rows] <= 2:
            found[name] = f"as tall as a vocabulary ({rows:,} rows), an embedding or an output layer"
    return found


def _same(matrices: Mapping[str, np.ndarray], same: Callable[[str, str], bool]) -> list[tuple[str, str]]:
    """List the pairs of tall matrices that have the same bytes."""
    alike: dict[tuple[tuple[int, ...], np.dtype], list[str]] = {}
    for name, array in matrices.items():
        if array.shape[0] > array.shape[1]:
            alike.setdefault((array.shape, array.dtype), []).append(name)
    return [(names[0], names[1]) for names in alike.values() if len(names) == 2 and same(names[0], names[1])]
