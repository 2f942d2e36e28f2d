"""A compressed model in memory: by name, each tensor either compressed or carried along."""

from dataclasses import dataclass, field

import numpy as np

from xoropt.codec import BlockEncoded, StreamEncoded
from xoropt.codec.packed.encoding import PackedValues
from xoropt.quantize import Codebook, Scales

__all__ = ["CompressedModel", "CompressedTensor", "UncompressedTensor"]


@dataclass(frozen=True, eq=False)
class CompressedTensor:
    """A pruned, quantized tensor stored through an XOR network.

    Attributes:
        shape: of the tensor.
        levels: scales or codebook, and the dtype.
        mask_codec: the name of the mask's codec in `xoropt.masks`.
        mask_parts: what that codec stored, uint8 arrays by name.
        encoded: the bit planes; the packed values of a tiny tensor.
        quantization: how a dense tensor was pruned and quantized on the way (`sparsity`, `bits`, `scales`, `scope`);
            None for one that was quantized already and is kept exactly.
        value_entropy: information in a kept weight's value, in bits; the planes take n_q all the same.
    """

    shape: tuple[int, ...]
    levels: Scales | Codebook = field(repr=False)
    mask_codec: str
    mask_parts: dict[str, np.ndarray] = field(repr=False)
    encoded: BlockEncoded | StreamEncoded | PackedValues
    quantization: dict[str, float | int | str] | None = None
    value_entropy: float = 0.0


@dataclass(frozen=True, eq=False)
class UncompressedTensor:
    """A tensor stored as it is, and why."""

    array: np.ndarray = field(repr=False)
    reason: str


@dataclass(frozen=True, eq=False)
class CompressedModel:
    """What one file holds.

    Attributes:
        tensors: by name, in the order of the original file.
        metadata: the original file's own metadata.
    """

    tensors: dict[str, CompressedTensor | UncompressedTensor]
    metadata: dict[str, str] = field(default_factory=dict)
