"""Tensors that belong to one weight, found by their names."""

from collections.abc import Iterator

from xoropt.checkpoints.formats.contract import Arrays, Config, Places
from xoropt.common.errors import FormatError

__all__ = ["bundles", "format_of_config", "present", "quantization_of", "shape_in", "weight_name", "weights_of"]

_PARAMETERS = ("weight", "bias")
_CONFIGURATIONS = ("quantization_config", "compression_config", "sparsity_config")


def bundles(places: Places, last: str, *others: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Find tensors whose names differ in their ends.

    Args:
        places: the tensors.
        last: how the first one's name ends.
        others: how the names of all the others end.

    Yields:
        What the names begin with, and the names in the order of the ends.
    """
    for name in places:
        if name.endswith(last):
            head = name.removesuffix(last)
            names = tuple(head + end for end in (last, *others))
            if all(other in places for other in names):
                yield head, names


def present(places: Places, *names: str) -> tuple[str, ...]:
    """Return those of the names that there are."""
    return tuple(name for name in names if name in places)


def weight_name(head: str) -> str:
    """Return a weight's name by what its parts' names begin with: that of the module or, in 2024, of the weight."""
    return head if head.rpartition(".")[2] in _PARAMETERS else f"{head}.weight"


def quantization_of(config: Config) -> Config:
    """Return what a configuration says of how weights are quantized; empty where it says nothing."""
    for name in _CONFIGURATIONS:
        if isinstance(found := config.get(name), dict):
            return found
    return {}


def weights_of(config: Config) -> list[Config]:
    """Return what a configuration says of weights, for each of its groups of modules."""
    groups = quantization_of(config).get("config_groups")
    found = (
        [group.get("weights") for group in groups.values() if isinstance(group, dict)]
        if isinstance(groups, dict)
        else []
    )
    return [weights for weights in found if isinstance(weights, dict)]


def format_of_config(config: Config) -> str | None:
    """Return the name of the format that a configuration gives for quantized weights."""
    name = quantization_of(config).get("format")
    return name if isinstance(name, str) else None


def shape_in(arrays: Arrays, name: str) -> tuple[int, ...]:
    """Return a shape that a tensor of integers holds.

    Raises:
        FormatError: it holds something else.
    """
    held = arrays[name]
    if held.dtype.kind not in "iu" or not 1 <= held.size <= 8 or (held.reshape(-1) < 0).any():
        raise FormatError(f"'{name}' holds no shape")
    return tuple(int(n) for n in held.reshape(-1))
