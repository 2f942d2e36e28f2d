"""The contract of other libraries' formats: what each of them offers, and what callers rely on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from xoropt.checkpoints.layout import Place
from xoropt.common.lazy_arrays import LazyArray

__all__ = ["Arrays", "Config", "Format", "Logical", "Packed", "Places", "Ranges", "all_rows", "same_rows"]

Arrays = Mapping[str, np.ndarray]
"""Arrays by the names of tensors."""
Logical = Mapping[str, np.ndarray | LazyArray]
"""Unpacked arrays by name, some of which are made when they are needed."""
Places = Mapping[str, Place]
"""Dtypes and shapes of a checkpoint's tensors, of all its shards together, by name."""
Config = Mapping[str, Any]
"""What the config.json of the folder says; empty without one."""


@dataclass(frozen=True)
class Packed:
    """One weight as another library wrote it.

    Attributes:
        format: the name in the registry.
        logical: the name under which the unpacked weight is stored.
        members: names of the tensors that are not stored themselves, because `Format.pack` makes them again.
        beside: names of tensors that say what the weight means (scales), and are stored themselves.
        parameters: what `Format.pack` has to know besides the unpacked arrays; JSON. Complete only in what
            `Format.unpack` returns, since much of it is in the contents of tensors.
        parts: names of the unpacked arrays: `logical` first, perhaps zero points; known after `Format.unpack`.
    """

    format: str
    logical: str
    members: tuple[str, ...]
    beside: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] = ()


Ranges = Callable[[Packed, str, slice, int], list[slice] | None]
"""Says which rows of the unpacked arrays are needed, see `Format`."""


def all_rows(packed: Packed, member: str, some: slice, rows: int) -> list[slice] | None:
    """Say that a part of a member takes all rows of the unpacked arrays."""
    return None


def same_rows(*numbers: int) -> Ranges:
    """Say that rows of the members of these numbers take the same rows of the unpacked arrays."""

    def ranges(packed: Packed, member: str, some: slice, rows: int) -> list[slice] | None:
        return [some] if packed.members.index(member) in numbers else None

    return ranges


class Format(NamedTuple):
    """A format of another library.

    Attributes:
        name: in the registry, as the library calls it.
        writer: who writes it, for tables.
        find: finds the weights of this format by names, dtypes and the configuration; checks no contents.
        unpack: takes the arrays of `members` and `beside`; returns the `Packed` with all parameters, and the unpacked
            arrays. Raises FormatError, with one line that says why, where they contradict each other.
        pack: takes the unpacked arrays and returns the members again: same names, dtypes, shapes and
            bytes. Of a file that was tampered with it may raise FormatError.
        plain: takes the unpacked arrays and those of `beside`; returns ordinary tensors that take the place of all.
            Raises FormatError where they contradict each other.
        rows: takes a weight, one of its members, a range of that one's rows and the number of rows of the unpacked
            weight; returns the ranges of the unpacked arrays' rows from which `pack` makes these rows, or None where
            it takes all.
        columns: the same for a range of the member's columns.
        by_rows: whether `pack` reads the unpacked weight some rows at a time, so that it need not lie in memory.
    """

    name: str
    writer: str
    find: Callable[[Places, Config], list[Packed]]
    unpack: Callable[[Packed, Arrays], tuple[Packed, Logical]]
    pack: Callable[[Packed, Mapping[str, Any]], dict[str, np.ndarray]]
    plain: Callable[[Packed, Arrays, Arrays], dict[str, np.ndarray]]
    rows: Ranges = all_rows
    columns: Ranges = all_rows
    by_rows: bool = False
