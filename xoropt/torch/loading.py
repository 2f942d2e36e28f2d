"""State dicts of compressed files and folders."""

import os
from typing import Any

import torch

from xoropt.model.decompression import decompress
from xoropt.torch.foreign_dtypes import to_torch
from xoropt.torch.reading import read_stored
from xoropt.torch.sharing import shared_names

__all__ = ["load_file", "load_model"]


def load_file(path: str | os.PathLike[str], device: str | torch.device = "cpu") -> dict[str, torch.Tensor]:
    """Decompress a file or a folder to tensors, as `safetensors.torch.load_file` reads a file that is not compressed.

    Args:
        path: the compressed file, or a folder that `xoropt compress` wrote.
        device: where the tensors go.

    Returns:
        The tensors by name, in the original's order, shapes and dtypes.

    Raises:
        FormatError: the file or folder is not compressed, or it is damaged.
        XoroptError: a file cannot be read.
        ArgumentError: torch lacks the dtype of a tensor.
    """
    source = read_stored(path) if os.path.isdir(path) else path
    return {name: to_torch(array).to(device) for name, array in decompress(source).items()}


def load_model(model: torch.nn.Module, path: str | os.PathLike[str], strict: bool = True) -> Any:
    """Decompress a file or a folder into a module, as `safetensors.torch.load_model` loads a file into one.

    Of names that share their values in the module (tied weights) the file needs one.

    Args:
        model: the module.
        path: the compressed file, or a folder that `xoropt compress` wrote.
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
