"""State dicts of compressed files."""

import os
from typing import Any

import torch

from xoropt.model.decompression import decompress
from xoropt.torch.foreign_dtypes import to_torch
from xoropt.torch.sharing import shared_names

__all__ = ["load_file", "load_model"]


def load_file(path: str | os.PathLike[str], device: str | torch.device = "cpu") -> dict[str, torch.Tensor]:
    """Decompress a file to tensors, as `safetensors.torch.load_file` reads one that is not compressed.

    Args:
        path: the compressed file.
        device: where the tensors go.

    Returns:
        The tensors by name, in the original's order, shapes and dtypes.

    Raises:
        FormatError: `save` did not write the file, or it is damaged.
        XoroptError: the file cannot be read.
        ArgumentError: torch lacks the dtype of a tensor.
    """
    return {name: to_torch(array).to(device) for name, array in decompress(path).items()}


def load_model(model: torch.nn.Module, path: str | os.PathLike[str], strict: bool = True) -> Any:
    """Decompress a file into the parameters and buffers of a module, as `safetensors.torch.load_model` loads a file.

    Of names that share their values in the module (tied weights) the file needs one.

    Args:
        model: the module.
        path: the compressed file.
        strict: as for `torch.nn.Module.load_state_dict`.

    Returns:
        What `load_state_dict` returns: the names that were missing, and those that were not expected.

    Raises:
        FormatError, XoroptError, ArgumentError: as `load_file` does.
        RuntimeError: the names or shapes do not fit, see `strict`.
    """
    found, own, shared = load_file(path), model.state_dict(), shared_names(model)
    tied = [name for name in own if name not in found and any(other in found for other in shared.get(name, ()))]
    # The module's own values are copied to themselves: they are those of the name that the file has.
    return model.load_state_dict(found | {name: own[name] for name in tied}, strict=strict)
