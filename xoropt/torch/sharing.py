"""Parameters and buffers of a module that share their values: a file needs one of the names only."""

import torch

__all__ = ["shared_names"]


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
