"""Codes of 1 to 8 bits in words of 32 bits, along the last axis, in the two ways that libraries pack them.

"dense": codes follow each other without gaps, across words. "padded": as many whole codes as fit into a word, the upper
bits of it unused. The two are the same for 1, 2, 4 and 8 bits.
"""

from dataclasses import dataclass

import numpy as np

from xoropt.common.errors import FormatError
from xoropt.common.lazy_arrays import AT_ONCE, LazyArray

__all__ = ["Packing", "pack_words", "packings_of", "unpack_words"]


@dataclass(frozen=True)
class Packing:
    """How codes lie in words.

    Attributes:
        bits: of a code, 1 to 8.
        padded: whether no code crosses words.
    """

    bits: int
    padded: bool = False

    @property
    def per_word(self) -> int:
        """The codes of a word; 0 where codes cross words."""
        return 32 // self.bits if self.padded or 32 % self.bits == 0 else 0

    def words(self, codes: int) -> int:
        """Return the words that so many codes take."""
        return -(-codes // self.per_word) if self.per_word else -(-codes * self.bits // 32)


def packings_of(codes: int, words: int) -> list[Packing]:
    """Return the packings by which so many codes take so many words, those without gaps and of fewer bits first."""
    ways = [Packing(bits, padded) for padded in (False, True) for bits in range(1, 9) if not padded or 32 % bits]
    return [way for way in ways if way.words(codes) == words]


def unpack_words(words: np.ndarray, packing: Packing, codes: int, offset: int = 0) -> np.ndarray:
    """Return the codes in words.

    Args:
        words: int32 (..., words).
        packing: how they lie.
        codes: how many there are along the last axis.
        offset: subtracted from each, modulo 256.

    Returns:
        uint8 (..., codes).

    Raises:
        FormatError: so many codes do not take so many words.
    """
    if words.ndim == 0 or packing.words(codes) != words.shape[-1]:
        raise FormatError(f"{codes} codes of {packing.bits} bits do not take words of the shape {list(words.shape)}")
    from xoropt.checkpoints.formats.kernels import split_words

    found = np.empty((*words.shape[:-1], codes), dtype=np.uint8)
    if found.size:
        rows = np.ascontiguousarray(words).view(np.uint32).reshape(-1, words.shape[-1])
        split_words(rows, packing.bits, packing.per_word, offset, found.reshape(-1, codes))
    return found


def pack_words(codes: np.ndarray | LazyArray, packing: Packing, offset: int = 0) -> np.ndarray:
    """Return codes as words; the reverse of `unpack_words`.

    Args:
        codes: uint8 (..., codes).
        packing: how they are to lie.
        offset: added to each, modulo 256.

    Returns:
        int32 (..., words).

    Raises:
        FormatError: a code has more bits.
    """
    from xoropt.checkpoints.formats.kernels import join_codes

    words = np.zeros((*codes.shape[:-1], packing.words(codes.shape[-1])), dtype=np.uint32)
    if codes.size:
        rows = codes.reshape(-1, codes.shape[-1])
        lines, step = words.reshape(len(rows), -1), max(1, AT_ONCE // codes.shape[-1])
        for first in range(0, len(rows), step):
            some, made = np.ascontiguousarray(rows[first : first + step]), lines[first : first + step]
            if not join_codes(some, packing.bits, packing.per_word, offset, made):
                raise FormatError(f"a code has more than {packing.bits} bits")
    return words.view(np.int32)
