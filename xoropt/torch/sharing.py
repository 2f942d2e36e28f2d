"""Parameters and buffers of a module that share their values: a file needs one of the names only."""

from collections.abc import Mapping, Sequence

import torch

from xoropt.common.errors import FormatError

__all__ = ["check_tied", "shared_names", "tie_again", "tied_names"]


def shared_names(module: torch.nn.Module) -> dict[str, list[str]]:
    """Find the names whose values a module gets with those of another name.

    That is so where both are one tensor, where they are the same part of one memory, and where the other one is all of
    the memory that the first is a part of. `safetensors.torch.save_model` writes one of such names.

    Returns:
        For each name of a parameter or a buffer the other names, one of which is enough.
    """
    named = [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
    groups: dict[object, list[tuple[str, torch.Tensor]]] = {}
    for name, tensor in named:
        groups.setdefault(_memory(tensor), []).append((name, tensor))
    return {
        name: [other for other, source in some if other != name and _gives(source, tensor)]
        for some in groups.values()
        for name, tensor in some
    }


def tied_names(module: torch.nn.Module) -> list[list[str]]:
    """Find the parameters that two modules or more within a module have in common, on "meta", too.

    Returns:
        For each such parameter its names; those of a module that is in two places only once.
    """
    names: dict[int, list[str]] = {}
    for place, one in module.named_modules():
        for part, parameter in one.named_parameters(recurse=False, remove_duplicate=False):
            names.setdefault(id(parameter), []).append(f"{place}.{part}" if place else part)
    return [group for group in names.values() if len(group) > 1]


def check_tied(tied: Sequence[Sequence[str]], tensors: Mapping[str, torch.Tensor]) -> None:
    """Check that the values of tied parameters are alike, bit for bit.

    Raises:
        FormatError: they are not; the message names two.
    """
    for group in tied:
        first, *others = [name for name in group if name in tensors] or [""]
        for name in others:
            one, other = (tensors[key].contiguous().flatten().view(torch.uint8) for key in (first, name))
            if not torch.equal(one, other):
                raise FormatError(
                    f"The file has unlike values for '{first}' and '{name}', which are tied in the model; compress it"
                    f" again with exclude=('{first}', '{name}'), or untie them."
                )


def tie_again(module: torch.nn.Module, tied: Sequence[Sequence[str]], loaded: Mapping[str, torch.Tensor]) -> None:
    """Give the parameters that were tied one of them again: one that was loaded, where there is one."""
    for group in tied:
        source = next((name for name in group if name in loaded), group[0])
        parameter = module.get_parameter(source)
        for name in group:
            place, _, part = name.rpartition(".")
            setattr(module.get_submodule(place), part, parameter)


def _memory(tensor: torch.Tensor) -> object:
    """Return what tells the memory of a tensor from others; on "meta" there is none, and each is its own."""
    if tensor.device.type == "meta" or not tensor.numel():
        return id(tensor)
    return tensor.device, tensor.untyped_storage().data_ptr()


def _gives(source: torch.Tensor, tensor: torch.Tensor) -> bool:
    """Tell whether a tensor has its values where those of another one of the same memory are known."""
    if source is tensor or source.numel() * source.element_size() == source.untyped_storage().nbytes():
        return True
    places = [(one.data_ptr(), one.shape, one.stride(), one.dtype) for one in (source, tensor)]
    return places[0] == places[1]
