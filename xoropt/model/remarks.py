"""What is worth a warning when a model is compressed: done as asked for, and probably not what was meant."""

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from xoropt.common.errors import ArgumentError, XoroptWarning
from xoropt.model.config import CompressConfig
from xoropt.model.names import matches, nearest_name
from xoropt.model.tensors import CompressedModel, CompressedTensor

__all__ = ["check_patterns", "room_for_zeros", "warn_about", "warn_of_zeros"]

MANY_ZEROS = 0.01
"""The share of −0.0, and of 0.0, among a tensor's weights from which on it is worth a warning."""
CHUNK = 1 << 20
"""Weights that are looked at together: bounds the memory beside the tensor."""
SHOWN = 3
"""The most names that a warning lists."""


def check_patterns(names: Mapping[str, object], config: CompressConfig) -> None:
    """Check that the patterns of `include` and `exclude` match something.

    Raises:
        ArgumentError: no pattern of `include` matches any tensor, so that nothing would be compressed.

    Warns:
        XoroptWarning: a single pattern matches none.
    """
    if not names:
        return
    unused = {
        kind: [pattern for pattern in patterns if not any(matches(name, (pattern,)) for name in names)]
        for kind, patterns in (("include", config.include), ("exclude", config.exclude))
    }
    for kind, patterns in unused.items():
        for pattern in patterns:
            near = nearest_name(pattern, names)
            text = f"Argument '{kind}' has the pattern '{pattern}', which matches no tensor{near}."
            if kind == "include" and len(patterns) == len(config.include):
                raise ArgumentError(text)
            _warn(text)


def warn_about(tensors: Mapping[str, np.ndarray], model: CompressedModel, config: CompressConfig) -> None:
    """Warn of what was compressed otherwise than one may think.

    Args:
        tensors: the original arrays, by name.
        model: what was made of them.
        config: what was asked for.

    Warns:
        XoroptWarning: nothing was pruned or quantized, as all that could be stored are integers, which are kept
            exactly; −0.0 was told from 0.0.
    """
    stored = {name: held for name, held in model.tensors.items() if isinstance(held, CompressedTensor)}
    pruned = [name for name, held in stored.items() if "bits" in (held.quantization or {})]
    if config.quantizes:
        if stored and not pruned:
            _warn(f"{_listed([*stored])}: integers, which are kept exactly and neither pruned nor quantized.")
        return
    rooms = {} if config.merge_zeros else {name: room_for_zeros(tensors[name]) for name in stored}
    if zeros := [(name, room) for name, room in rooms.items() if room]:
        warn_of_zeros(zeros)


def warn_of_zeros(zeros: Sequence[tuple[str, int]]) -> None:
    """Warn that tensors hold many −0.0 beside 0.0.

    Args:
        zeros: the names of the tensors, and for each what `room_for_zeros` says.
    """
    room = sum(octets for _, octets in zeros)
    _warn(
        f"{_listed([name for name, _ in zeros])}: -0.0 is kept as a value of its own, which takes {room:,} bytes "
        "or more; merge_zeros=True stores it as 0.0."
    )


def room_for_zeros(array: np.ndarray) -> int:
    """Estimate the bytes that it takes to tell −0.0 from 0.0, where there are many of both; elsewhere 0.

    It is the entropy of the zeros' signs.
    """
    if array.dtype.kind in "biuc":
        return 0
    flat, negative, all_zeros = array.reshape(-1), 0, 0
    for first in range(0, array.size, CHUNK):
        some = flat[first : first + CHUNK]
        with np.errstate(invalid="ignore"):  # NaN in a dtype of ml_dtypes
            zeros = some == 0
        negative += int(np.count_nonzero(zeros & np.signbit(some)))
        all_zeros += int(np.count_nonzero(zeros))
    if min(negative, all_zeros - negative) <= MANY_ZEROS * array.size:
        return 0
    share = negative / all_zeros
    return max(1, round(-all_zeros * sum(p * math.log2(p) for p in (share, 1 - share)) / 8))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"tensor{'s' if len(names) > 1 else ''} {', '.join(repr(name) for name in names[:SHOWN])}{more}"


def _warn(text: str) -> None:
    warnings.warn(text, XoroptWarning, stacklevel=5)
