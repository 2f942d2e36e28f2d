"""The figures of a compressed model: what `--json` prints and what the tables show."""

import os
from typing import Any

import numpy as np

from xoropt.model.file.container import header_bits
from xoropt.model.tensors import CompressedModel, CompressedTensor, tensor_bits
from xoropt.quantize import Codebook

__all__ = ["SUMS", "report"]

SUMS = (
    "weights",
    "care_bits",
    "seed_bits",
    "patch_bits",
    "mask_bits",
    "scale_bits",
    "header_bits",
    "patches",
    "blocks",
    "proved_blocks",
)
"""The figures that are summed over tensors in `total`."""


def report(model: CompressedModel, path: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """The figures of a model, ready for JSON.

    Returns:
        `tensors`: for each compressed tensor by name `shape`, `dtype`, `weights`, `planes`, `network`, `order`,
        `solver`, `care_bits`, `value_entropy` (bits of information in a kept weight's value), `negative_zeros`
        (whether −0.0 is kept as a value), `magnitude_kept` (of a low-rank mask, against a free one),
        `seed_bits`, `patch_bits`, `mask_bits`, `scale_bits`, `header_bits`, `patches`, `blocks`, `proved_blocks`,
        `efficiency`, `bits_per_weight`; `carried`: for each other tensor `shape`, `dtype`, `bytes`, `reason`;
        `total`: the sums over compressed tensors, `efficiency` and `bits_per_weight` of them together,
        `carried_bytes`, and `file_bytes` where a file is given.
    """
    tensors: dict[str, dict[str, Any]] = {}
    carried: dict[str, dict[str, Any]] = {}
    headers = header_bits(model)
    for name, tensor in model.tensors.items():
        if isinstance(tensor, CompressedTensor):
            tensors[name] = _figures(tensor, headers[name])
        else:
            array = tensor.array
            carried[name] = {
                "shape": list(array.shape),
                "dtype": str(array.dtype),
                "bytes": array.nbytes,
                "reason": tensor.reason,
            }
    total: dict[str, Any] = {key: sum(figures[key] for figures in tensors.values()) for key in SUMS}
    total |= _ratios(total)
    total["carried_bytes"] = sum(figures["bytes"] for figures in carried.values())
    if path is not None:
        total["file_bytes"] = os.path.getsize(path)
    return {"tensors": tensors, "carried": carried, "total": total}


def _figures(tensor: CompressedTensor, headers: int) -> dict[str, Any]:
    encoded = tensor.encoded
    figures: dict[str, Any] = {
        "shape": list(tensor.shape),
        "dtype": str(tensor.levels.dtype),
        "weights": encoded.outputs,
        "planes": len(encoded.seeds),
        "network": encoded.network.recipe,
        "order": encoded.order,
        "solver": encoded.solver,
        "care_bits": encoded.care_bits,
        "value_entropy": tensor.value_entropy,
        "magnitude_kept": (tensor.quantization or {}).get("magnitude"),
        "negative_zeros": isinstance(tensor.levels, Codebook) and _has_negative_zero(tensor.levels.values),
        "patches": encoded.size.patches,
        "blocks": len(encoded.seeds) * encoded.blocks,
        "proved_blocks": encoded.proved_blocks,
    }
    figures |= tensor_bits(tensor) | {"header_bits": headers}
    return figures | _ratios(figures)


def _has_negative_zero(values: np.ndarray) -> bool:
    return values.dtype.kind not in "biu" and bool((values == 0).any())  # 0.0 itself is never in a codebook


def _ratios(figures: dict[str, Any]) -> dict[str, float]:
    values = figures["seed_bits"] + figures["patch_bits"]
    stored = values + figures["mask_bits"] + figures["scale_bits"] + figures["header_bits"]
    return {
        "efficiency": figures["care_bits"] / values if values else 1.0,
        "bits_per_weight": stored / figures["weights"] if figures["weights"] else 0.0,
    }
