"""Folders of shards with the shapes of a transformer, in bfloat16 and in the formats of other libraries."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from xoropt.checkpoints.formats import FORMATS, Packed
from xoropt.common.tensor_files import write_safetensors

__all__ = ["KINDS", "Folder", "make"]

GROUP = 128
"""Weights that share a scale."""
LAYER = {
    "self_attn.q_proj": (1, 1),
    "self_attn.k_proj": (0.25, 1),
    "self_attn.v_proj": (0.25, 1),
    "self_attn.o_proj": (1, 1),
    "mlp.gate_proj": (2.75, 1),
    "mlp.up_proj": (2.75, 1),
    "mlp.down_proj": (1, 2.75),
}
"""Rows and columns of a layer's matrices, as multiples of the model's width."""

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Folder:
    """A checkpoint that was made.

    Attributes:
        kind: the format, by name.
        path: of the folder.
        weights: weights of all tensors.
        bound: bytes of the entropy of masks and codes, and of scales and all else as it is.
        largest: bytes of the largest tensor.
    """

    kind: str
    path: Path = field(repr=False)
    weights: int
    bound: float
    largest: int


def make(kind: str, path: Path, size: int, width: int) -> Folder:
    """Write a checkpoint.

    Args:
        kind: one of `KINDS`.
        path: the folder; made.
        size: bytes that it is to have, about.
        width: of the model.
    """
    rng = np.random.default_rng(0)
    path.mkdir(parents=True)
    weights, bound, largest, done, shards, index = 0, 0.0, 0, 0, 0, {}
    layer = 0
    while done < size:
        tensors: Tensors = {}
        for name, (rows, columns) in LAYER.items():
            matrix = _matrix(rng, int(rows * width), int(columns * width))
            made, least = KINDS[kind](f"model.layers.{layer}.{name}", matrix)
            tensors |= made
            weights += matrix.size
            bound += least
        norm = (1 + 0.1 * rng.standard_normal(width)).astype(ml_dtypes.bfloat16)
        tensors[f"model.layers.{layer}.input_layernorm.weight"] = norm
        weights, bound = weights + norm.size, bound + norm.nbytes
        layer += 1
        shards += 1
        shard = f"model-{shards:05}.safetensors"
        write_safetensors(path / shard, tensors, {"format": "pt"})
        index |= dict.fromkeys(tensors, shard)
        largest = max(largest, *(array.nbytes for array in tensors.values()))
        done += (path / shard).stat().st_size
    total = {"metadata": {"total_size": done}, "weight_map": index}
    (path / "model.safetensors.index.json").write_text(json.dumps(total))
    (path / "config.json").write_text(json.dumps({"architectures": ["None"], **_CONFIGURATIONS.get(kind, {})}))
    return Folder(kind, path, weights, bound, largest)


def _matrix(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Draw weights, float32: Gaussian, rows of uneven size."""
    spread = 0.02 * np.exp(0.2 * rng.standard_normal((rows, 1), dtype=np.float32))
    return spread * rng.standard_normal((rows, columns), dtype=np.float32)


def _bfloat16(name: str, matrix: np.ndarray) -> tuple[Tensors, float]:
    array = matrix.astype(ml_dtypes.bfloat16)
    return {f"{name}.weight": array}, entropy(array)


def _int4(name: str, matrix: np.ndarray) -> tuple[Tensors, float]:
    groups = matrix.reshape(len(matrix), -1, GROUP)
    scales = (np.abs(groups).max(axis=2) / 7.5).astype(ml_dtypes.bfloat16)
    steps = np.rint(groups / scales[..., None].astype(np.float32))
    codes = np.clip(steps, -8, 7).astype(np.int8).reshape(matrix.shape)
    members = (f"{name}.weight_packed", f"{name}.weight_shape")
    parameters: dict[str, Any] = {"bits": 4, "padded": False, "shape": ["int64", 1]}
    made = _pack(Packed("pack-quantized", f"{name}.weight", members, (), parameters), codes)
    return {**made, f"{name}.weight_scale": scales}, entropy(codes) + scales.nbytes


def _bitmask(
    format: str, keep: Callable[[np.ndarray], np.ndarray]
) -> Callable[[str, np.ndarray], tuple[Tensors, float]]:
    def make(name: str, matrix: np.ndarray) -> tuple[Tensors, float]:
        array = np.where(keep(matrix), matrix, np.float32(0)).astype(ml_dtypes.bfloat16)
        ends = ("compressed", "bitmask", "shape", "row_offsets")[: 4 if format == "sparse-bitmask" else 3]
        parameters: dict[str, Any] = {"shape": ["int64", 1 if format == "sparse-bitmask" else 2], "fill": [0]}
        parameters["row_offsets"] = ["int64"]
        packed = Packed(format, f"{name}.weight", tuple(f"{name}.{end}" for end in ends), (), parameters)
        least = entropy(array)
        if format != "sparse-bitmask":
            least = entropy(array[array != 0]) + array.size * math.log2(6) / 4 / 8
        return _pack(packed, array), least

    return make


def _half(matrix: np.ndarray) -> np.ndarray:
    size = np.abs(matrix)
    return size > np.median(size)


def _two_of_four(matrix: np.ndarray) -> np.ndarray:
    fours = np.abs(matrix).reshape(-1, 4)
    keep = np.zeros(fours.shape, dtype=bool)
    np.put_along_axis(keep, np.argsort(fours, axis=1)[:, 2:], True, axis=1)
    return keep.reshape(matrix.shape)


def _pack(packed: Packed, array: np.ndarray) -> Tensors:
    return FORMATS[packed.format].pack(packed, {packed.logical: array})


def entropy(array: np.ndarray) -> float:
    """Return the bytes of the entropy of an array's numbers, each by itself."""
    counts = np.bincount(array.reshape(-1).view(f"u{array.dtype.itemsize}"))
    share = counts[counts > 0] / max(1, array.size)
    return float(-(share * np.log2(share)).sum()) * array.size / 8


KINDS: dict[str, Callable[[str, np.ndarray], tuple[Tensors, float]]] = {
    "bfloat16": _bfloat16,
    "int4 pack-quantized": _int4,
    "2:4 sparse-24-bitmask": _bitmask("sparse-24-bitmask", _two_of_four),
    "50 % sparse-bitmask": _bitmask("sparse-bitmask", _half),
}
"""What makes the tensors of a matrix, and their bound in bytes, by the names of formats."""


def _groups(bits: int) -> dict[str, Any]:
    weights = {"num_bits": bits, "type": "int", "symmetric": True, "strategy": "group", "group_size": GROUP}
    return {"group_0": {"targets": ["Linear"], "weights": weights}}


_CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "int4 pack-quantized": {
        "quantization_config": {
            "quant_method": "compressed-tensors",
            "format": "pack-quantized",
            "config_groups": _groups(4),
        }
    },
    "2:4 sparse-24-bitmask": {"compression_config": {"sparsity_config": {"format": "sparse-24-bitmask"}}},
    "50 % sparse-bitmask": {"compression_config": {"sparsity_config": {"format": "sparse-bitmask"}}},
}
