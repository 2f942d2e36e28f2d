"""Bounds on the work and the memory that a file may cause, over all of its tensors and before anything is made."""

import math
import os
from pathlib import Path
from typing import Any

from xoropt.common.errors import FormatError, XoroptError
from xoropt.model.tensors import CompressedModel, shape_and_dtype
from xoropt.networks.recipes import work_of_recipe

__all__ = ["LEAST_SIZE", "SIZE_FACTOR", "check_size", "check_work", "largest_size"]

KEYS = ("network", "mask_network")
"""The keys of an entry whose values are recipes."""

LEAST_WORK = 1 << 24
"""The work of networks that every file may cause, in the units of `topology`: about a second."""

WORK_OF_BYTES = 8
"""Further work for each byte of the file."""

WORK_OF_TENSORS = 1 << 14
"""Further work for each tensor; `auto` gives each a network of its own."""

WEIGHTS_OF_WORK = 8
"""Weights of a tensor for further work: nearly empty planes take networks of many outputs where they are large."""

MOST_WEIGHTS = 1 << 28
"""Weights up to which further work is allowed: a file may claim any number of them."""

LEAST_SIZE = 1 << 30
"""The bytes that every file may be decompressed to."""

SIZE_FACTOR = 1000
"""How many times its own size a file may be decompressed to."""


def check_work(entries: dict[str, dict[str, Any]], octets: int) -> None:
    """Check how much work the networks of a file are to make, before one is made.

    Each network counts once. What is no valid recipe is left to the checks of its tensor.

    Args:
        entries: of the tensors, by name.
        octets: bytes of the file.

    Raises:
        FormatError: it is more than a file of this size needs; the message names the tensor.
    """
    weights = sum(_weights(entry.get("shape")) for entry in entries.values())
    most = LEAST_WORK + WORK_OF_BYTES * octets + WORK_OF_TENSORS * len(entries)
    most += min(weights, MOST_WEIGHTS) // WEIGHTS_OF_WORK
    seen: set[str] = set()
    for name, entry in entries.items():
        for recipe in _recipes(entry):
            if recipe in seen:
                continue
            seen.add(recipe)
            try:
                most -= work_of_recipe(recipe)
            except XoroptError:
                continue
            if most < 0:
                raise FormatError(
                    f"tensor '{name}': to make its network '{recipe[:60]}' and those before it takes more work than "
                    f"a file of {octets} bytes may cause"
                )


def _recipes(entry: dict[str, Any]) -> list[str]:
    """Return the recipes that an entry names, those of stacked encodings among them."""
    stack = entry.get("stack")
    members = [member for member in stack if isinstance(member, dict)] if isinstance(stack, list) else []
    named = [*(entry.get(key) for key in KEYS), *(member.get("network") for member in members)]
    return [recipe for recipe in named if isinstance(recipe, str)]


def _weights(shape: Any) -> int:
    """Return the weights of a shape as a file has it; 0 where it is not valid."""
    sides = shape if isinstance(shape, list) else [0]
    if len(sides) > 64 or not all(type(side) is int and 0 <= side <= MOST_WEIGHTS for side in sides):
        return 0
    return math.prod(sides)


def largest_size(path: str | os.PathLike[str]) -> int:
    """Return the bytes to which a file may be decompressed where nobody says more: 1 GiB or 1,000 times its size."""
    return max(LEAST_SIZE, SIZE_FACTOR * Path(path).stat().st_size)


def check_size(
    model: CompressedModel, source: str | os.PathLike[str] | CompressedModel, max_size: int | None = None
) -> None:
    """Check to how many bytes a model is decompressed, before anything is.

    Args:
        model: the model.
        source: the file that it comes from, or the model itself, which is bounded only by `max_size`.
        max_size: the most bytes; None: `largest_size` of the file.

    Raises:
        FormatError: it is more; the message says how to allow it.
    """
    if max_size is None:
        if isinstance(source, CompressedModel):
            return
        max_size = largest_size(source)
    total, largest = 0, (0, "")
    for name, tensor in model.tensors.items():
        shape, dtype = shape_and_dtype(tensor)
        size = math.prod(shape) * dtype.itemsize
        total, largest = total + size, max(largest, (size, name))
    if total > max_size:
        where = "" if isinstance(source, CompressedModel) else f"{source}: "
        raise FormatError(
            f"{where}claims {total} bytes of tensors, {largest[0]} of them in '{largest[1]}', more than {max_size}; "
            f"if you trust it, allow that with --max-size {total} (max_size={total} in Python)."
        )
