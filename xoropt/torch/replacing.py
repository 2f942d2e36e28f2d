"""Linear layers of a model replaced by compressed ones."""

import os
from collections.abc import Collection
from typing import Any

import torch

from xoropt.common.errors import ArgumentError, FormatError
from xoropt.common.foreign_arrays import to_numpy
from xoropt.model.compression import compress
from xoropt.model.config import CompressConfig
from xoropt.model.decompression import decompress_tensor
from xoropt.model.names import matches, nearest_name
from xoropt.model.tensors import CompressedModel, CompressedTensor
from xoropt.torch.foreign_dtypes import to_torch
from xoropt.torch.layers import XorLinear
from xoropt.torch.reading import read_stored
from xoropt.torch.sharing import check_tied, shared_names, tie_again, tied_names

__all__ = ["compress_module", "replace_linears"]

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def compress_module(
    model: torch.nn.Module, config: CompressConfig | None = None, *, cache: str = "none", **settings: Any
) -> torch.nn.Module:
    """Compress the linear layers of a model, and put an `XorLinear` in the place of each.

    Layers of the class `torch.nn.Linear` itself are meant. Those stay as they are whose weight `compress` carries
    along, because it is small or the configuration leaves it out, and those whose weight is tied to another parameter.

    Args:
        model: the model, whose layers are replaced in place.
        config: how to compress; patterns of names match "LAYER.weight".
        cache: as for `XorLinear`.
        settings: fields of a new configuration instead, as for `xoropt.compress`.

    Returns:
        The model; if it is a linear layer itself, the new layer.

    Raises:
        ArgumentError: a layer that would be replaced has hooks, or its weight is parametrized or has no
            values; nothing is replaced then.
    """
    linears = _untied(model, _linears(model))
    weights = {f"{name}.weight" if name else "weight": layer.weight for name, layer in linears.items()}
    if any(weight.device.type == "meta" for weight in weights.values()):
        raise ArgumentError("The model is on the device 'meta', where it has no weights to compress; load it first.")
    made = compress({name: to_numpy(weight) for name, weight in weights.items()}, config, **settings)
    return _replace(model, linears, made, cache)


def replace_linears(
    model: torch.nn.Module,
    path: str | os.PathLike[str] | CompressedModel,
    *,
    cache: str = "none",
    exclude: Collection[str] = (),
) -> torch.nn.Module:
    """Put an `XorLinear` in the place of each linear layer whose weight is stored compressed, and load the rest.

    The weights of these layers are never decompressed. The model may have been made on the device "meta", so that its
    own weights never take memory. A layer whose weight is tied to another parameter, such as an output layer that has
    the weights of the embedding, stays as it is, and so does the tie; the file needs one of the names.

    Args:
        model: the model, whose layers are replaced in place.
        path: the compressed file, a folder that `xoropt compress` wrote, or a compressed model.
        cache: as for `XorLinear`.
        exclude: patterns (* and ?) of names "LAYER.weight" whose layers stay as they are; their weights are
            decompressed.

    Returns:
        The model; if it is a linear layer itself, the new layer.

    Raises:
        ArgumentError: a layer that would be replaced has hooks, or its weight is parametrized; nothing is
            replaced then. A pattern matches no layer.
        FormatError: the file lacks a parameter of the model, has others, shapes differ, or tied parameters have unlike
            values; or it is damaged, or not compressed.
    """
    stored = path if isinstance(path, CompressedModel) else read_stored(path)
    model = _replace(model, _untied(model, _chosen(_linears(model), exclude)), stored, cache)
    new = [name for name, one in model.named_modules(remove_duplicate=False) if type(one) is XorLinear]
    replaced = {f"{name}.weight" if name else "weight" for name in new}
    others = {
        name: to_torch(decompress_tensor(tensor)) for name, tensor in stored.tensors.items() if name not in replaced
    }
    shared, tied = shared_names(model), tied_names(model)
    check_tied(tied, others)
    meta = any(one.device.type == "meta" for one in (*model.parameters(), *model.buffers()))
    try:
        missing, unexpected = model.load_state_dict(others, strict=False, assign=meta)
    except RuntimeError as error:
        raise FormatError(f"The file does not fit the model: {' '.join(str(error).split())[:300]}") from None
    if meta:  # every name has a parameter of its own now
        tie_again(model, tied, others)
    parts = tuple(f"{name}.weight_" if name else "weight_" for name in new)
    left = [name for name in missing if not name.startswith(parts)]
    left = [name for name in left if not any(other in others for other in shared.get(name, ()))]
    if left or unexpected:
        said = f"lacks '{left[0]}'" if left else f"has '{unexpected[0]}', which the model lacks"
        raise FormatError(f"The file does not fit the model: it {said}.")
    empty = [name for name, one in (*model.named_parameters(), *model.named_buffers()) if one.device.type == "meta"]
    if empty:
        raise FormatError(f"The file has no values for '{empty[0]}', which is on 'meta'; make the model on the CPU.")
    return model


def _linears(model: torch.nn.Module) -> dict[str, torch.nn.Linear]:
    """Return the linear layers of a model by name."""
    return {name: module for name, module in model.named_modules() if type(module) is torch.nn.Linear}


def _untied(model: torch.nn.Module, linears: dict[str, torch.nn.Linear]) -> dict[str, torch.nn.Linear]:
    """Return the layers whose weight is no other module's: a tied one cannot be compressed alone."""
    tied = {name for group in tied_names(model) for name in group}
    return {name: layer for name, layer in linears.items() if f"{name}.weight" not in tied}


def _chosen(linears: dict[str, torch.nn.Linear], exclude: Collection[str]) -> dict[str, torch.nn.Linear]:
    """Return the layers whose weight matches no pattern.

    Raises:
        ArgumentError: a pattern matches no layer.
    """
    patterns = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    weights = {f"{name}.weight" if name else "weight": name for name in linears}
    for pattern in patterns:
        if not any(matches(weight, (pattern,)) for weight in weights):
            near = nearest_name(pattern, weights)
            raise ArgumentError(f"Argument 'exclude' has the pattern '{pattern}', which matches no layer{near}.")
    return {name: linears[name] for weight, name in weights.items() if not matches(weight, patterns)}


def _replace(
    model: torch.nn.Module, linears: dict[str, torch.nn.Linear], stored: CompressedModel, cache: str
) -> torch.nn.Module:
    """Replace those layers whose weights are stored compressed, in all their places, after checking all of them."""
    chosen = []
    for name, layer in linears.items():
        places = [place for place, module in model.named_modules(remove_duplicate=False) if module is layer]
        held = (stored.tensors.get(f"{place}.weight" if place else "weight") for place in places)
        tensor = next((one for one in held if one is not None), None)
        if isinstance(tensor, CompressedTensor) and tensor.dtype.kind != "c":
            _check_layer(name, layer)
            if tensor.shape != tuple(layer.weight.shape):
                raise FormatError(
                    f"Layer '{name}' is {tuple(layer.weight.shape)}, but the file has {tensor.shape} for it."
                )
            new = XorLinear(tensor, layer.bias, cache).train(layer.training)
            if layer.weight.device.type != "meta":
                new.to(layer.weight.device)
            chosen += [(place, new) for place in places]
    for name, new in chosen:
        if not name:
            return new
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, new)
    return model


def _check_layer(name: str, layer: torch.nn.Linear) -> None:
    """Raise ArgumentError unless a layer can be replaced without a change of what the model does."""
    keep = f"leave it out with exclude=('{name}.weight',)"
    if any(getattr(layer, hooks, None) for hooks in HOOKS):
        raise ArgumentError(f"Layer '{name}' has hooks, which a new layer would lose; remove them first, or {keep}.")
    if hasattr(layer, "parametrizations"):
        raise ArgumentError(f"Layer '{name}' is parametrized; call remove_parametrizations first, or {keep}.")
