"""Checks of whole encodings: each is checked once, before anything of it is decoded, and its patches are kept."""

from weakref import WeakKeyDictionary

import numpy as np

from xoropt.codec.encoding import Encoding

__all__ = ["check_fully", "check_once", "flips_of"]

_CHECKED: WeakKeyDictionary[Encoding, list[np.ndarray] | None] = WeakKeyDictionary()


def check_once(encoded: Encoding) -> list[np.ndarray] | None:
    """Check an encoding unless that was done before.

    Returns:
        What its `check_parts` returned.

    Raises:
        DecodeError: the parts do not fit together.
    """
    try:
        return _CHECKED[encoded]
    except KeyError:
        pass
    flips = encoded.check_parts()
    _CHECKED[encoded] = flips
    return flips


def check_fully(encoded: Encoding) -> None:
    """Check an encoding and every patch of it.

    Raises:
        DecodeError: the parts do not fit together, or a stream of patches is damaged.
    """
    if check_once(encoded) is None:
        encoded.flips(0, encoded.outputs)


def flips_of(encoded: Encoding, first: int, stop: int) -> list[np.ndarray]:
    """Return the weights to flip in each plane, int64, ascending: at least those from `first` to `stop` − 1.

    Raises:
        DecodeError: the parts do not fit together, or a stream of patches is damaged there.
    """
    flips = check_once(encoded)
    return encoded.flips(first, stop) if flips is None else flips
