"""Tied tensors: those with the same bytes are stored once, and the others say whose they have."""

from xoropt.common.description_checks import get
from xoropt.common.errors import FormatError
from xoropt.model.arrays import ties_of
from xoropt.model.file.stored import StoredTensor
from xoropt.model.tensors import CompressedModel, CompressedTensor

__all__ = ["resolve_ties", "ties_in"]


def ties_in(model: CompressedModel) -> dict[str, str]:
    """Find the tensors of a model that are the same as an earlier one: by name, the name of the first."""
    uncompressed = {}
    firsts: dict[int, str] = {}
    ties = {}
    for name, tensor in model.tensors.items():
        if not isinstance(tensor, CompressedTensor):
            uncompressed[name] = tensor
        elif (first := firsts.setdefault(id(tensor), name)) != name:
            ties[name] = first
    found = ties_of({name: tensor.array for name, tensor in uncompressed.items() if tensor.array.nbytes})
    reasons = {name: tensor.reason for name, tensor in uncompressed.items()}
    return ties | {name: first for name, first in found.items() if reasons[name] == reasons[first]}


def resolve_ties(stored: dict[str, StoredTensor]) -> dict[str, str]:
    """Give tensors that are the same as an earlier one its entry and its parts, in place.

    Returns:
        By name, the name of the earlier tensor.

    Raises:
        FormatError: a tensor names none that comes before it, or has parts of its own.
    """
    firsts: dict[str, str] = {}
    seen: set[str] = set()
    for name, tensor in stored.items():
        if "same" in tensor.entry:
            first = get(tensor.entry, "same", str)
            if first not in seen or tensor.pieces or len(tensor.entry) > 1:
                raise FormatError(f"tensor '{name}': the description lacks a valid 'same'")
            firsts[name] = first
            stored[name] = stored[first]
        else:
            seen.add(name)
    return firsts
