"""torch.nn.utils.prune before `remove`: the unpruned weight and a mask of ones and zeros.

NAME_orig and NAME_mask, of the same dtype; NAME is weight or bias. The mask of `l1_unstructured` keeps the weights of
magnitudes from a threshold on, which then says all. Where pruned weights have one value that no kept one has, the
weight says all. Where whole rows or columns are pruned, one of each is stored.

Source: `torch/nn/utils/prune.py`.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from xoropt.checkpoints.formats.contract import Arrays, Config, Format, Packed, Places, same_rows
from xoropt.checkpoints.formats.fills import patterns
from xoropt.checkpoints.formats.names import bundles
from xoropt.common.errors import FormatError

__all__ = ["TORCH_PRUNE"]

_FLOATS = ("BF16", "F16", "F32", "F64")


def _find(places: Places, config: Config) -> list[Packed]:
    return [
        Packed("torch-prune", names[0], names)
        for head, names in bundles(places, "_orig", "_mask")
        if head not in places and places[names[0]].dtype in _FLOATS
    ]


def _unpack(packed: Packed, arrays: Arrays) -> tuple[Packed, dict[str, np.ndarray]]:
    weight, mask = (arrays[name] for name in packed.members)
    if weight.shape != mask.shape or weight.dtype != mask.dtype:
        raise FormatError(
            f"'{packed.members[1]}' is {mask.dtype} {list(mask.shape)} and '{packed.members[0]}' {weight.dtype}"
            f" {list(weight.shape)}"
        )
    kept = patterns(mask) != 0
    if not (mask[kept] == 1).all():
        raise FormatError(f"'{packed.members[1]}' holds other numbers than 0 and 1")
    parameters: dict[str, Any] = {}
    logical = {packed.logical: weight}
    if (threshold := _threshold(weight, kept)) is not None:
        parameters = {"threshold": threshold}
    elif (pruned := _pruned(weight, kept)) is not None:
        parameters = {"pruned": pruned}
    else:
        axes = [axis for axis in range(kept.ndim) if (kept == kept.take([0], axis)).all()]
        parameters = {"axes": axes}
        logical[packed.members[1]] = kept[tuple(slice(0, 1) if a in axes else slice(None) for a in range(kept.ndim))]
    return replace(packed, parameters=parameters, parts=tuple(logical)), logical


def _threshold(weight: np.ndarray, kept: np.ndarray) -> int | None:
    """Return the least magnitude of a kept weight, as its bits, where all smaller ones are pruned; None elsewhere."""
    magnitude = _magnitudes(weight)
    least = int(magnitude[kept].min()) if kept.any() else 1 << (8 * weight.itemsize - 1)
    return least if not (~kept & (magnitude >= least)).any() else None


def _magnitudes(weight: np.ndarray) -> np.ndarray:
    """Return the bits without the signs: they are in the order of the magnitudes."""
    bits = patterns(weight)
    return bits & bits.dtype.type((1 << (8 * bits.itemsize - 1)) - 1)


def _pruned(weight: np.ndarray, kept: np.ndarray) -> int | None:
    """Return the bits that all pruned weights have and no kept one; None where there are none."""
    bits = patterns(weight)
    pruned = bits[~kept]
    if not len(pruned) or (pruned != pruned[0]).any() or (bits[kept] == pruned[0]).any():
        return None
    return int(pruned[0])


def _mask(packed: Packed, logical: Arrays) -> np.ndarray:
    """Return which weights are kept, of the weight's shape."""
    weight, said = logical[packed.logical], packed.parameters
    if "threshold" in said:
        return _magnitudes(weight) >= said["threshold"]
    if "pruned" in said:
        return patterns(weight) != said["pruned"]
    try:
        return np.broadcast_to(logical[packed.members[1]], weight.shape)
    except ValueError:
        raise FormatError(f"the mask of '{packed.logical}' has another shape") from None


def _pack(packed: Packed, logical: Arrays) -> dict[str, np.ndarray]:
    weight = logical[packed.logical]
    return dict(zip(packed.members, (weight, _mask(packed, logical).astype(weight.dtype)), strict=True))


@np.errstate(invalid="ignore")
def _plain(packed: Packed, logical: Arrays, others: Arrays) -> dict[str, np.ndarray]:
    weight = logical[packed.logical]
    return {packed.logical.removesuffix("_orig"): weight * _mask(packed, logical).astype(weight.dtype)}


TORCH_PRUNE = Format("torch-prune", "torch.nn.utils.prune", _find, _unpack, _pack, _plain, same_rows(0, 1))
