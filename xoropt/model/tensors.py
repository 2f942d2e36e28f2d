"""A compressed model in memory: tensors by name, each of them compressed or as it is."""

from collections.abc import Callable, ItemsView, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from xoropt.codec import Encoding
from xoropt.common.arguments import check_kind
from xoropt.common.errors import ArgumentError, DecodeError
from xoropt.masks.gap_coded import packed_bytes
from xoropt.masks.mask_codec import DESCRIPTION
from xoropt.model.names import nearest_name
from xoropt.quantize.block_scales import BlockScales, check_scales
from xoropt.quantize.fields import symbol_bytes
from xoropt.quantize.levels import CodedField, Levels, check_levels
from xoropt.quantize.quantized_tensor import NOTHING_LISTED, Listed

__all__ = [
    "CompressedModel",
    "CompressedTensor",
    "Loss",
    "Progress",
    "TensorBits",
    "UncompressedTensor",
    "shape_and_dtype",
    "tensor_bits",
]

SHOWN = 20
"""The most tensors that the text of a model lists."""

Progress = Callable[[str, int, int], None]
"""Gets a tensor's name, how much of the model is done and how much there is: weights when compressing, else tensors."""


class Loss(NamedTuple):
    """What pruning and quantizing cost, as sums over a tensor's weights, so that those of several can be added.

    Attributes:
        error: of the squares of the differences.
        squares: of the squares of the original weights.
        kept: of the magnitudes of those original weights that are not zero afterwards.
        magnitude: of the magnitudes of all original weights.
    """

    error: float
    squares: float
    kept: float
    magnitude: float


@dataclass(frozen=True, eq=False)
class CompressedTensor:
    """A tensor stored through an XOR network.

    Attributes:
        shape: of the tensor.
        levels: the scales, the codebook or the coded field, and the dtype: of the weights, or of the codes of weights
            that are `scaled`.
        mask_codec: the name of the mask's codec, see `xoropt.masks`.
        mask_parts: the parts that this codec stored, uint8 arrays by name.
        encoded: the encoded bit planes.
        quantization: how a dense tensor was pruned and quantized before (`sparsity`, `bits`, `scales`, `scope`); None
            for one that was quantized already and is kept exactly.
        value_entropy: bits of information in the value of a kept weight.
        listed: kept weights whose field is listed.
        loss: what pruning and quantizing cost; None where nothing was lost, and where a file does not say it.
        scaled: scales of blocks, where the weights are products of codes and these.
        pairs: whether the weights are complex, and stored are their real and imaginary parts, along a last axis.
    """

    shape: tuple[int, ...]
    levels: Levels = field(repr=False)
    mask_codec: str
    mask_parts: dict[str, np.ndarray] = field(repr=False)
    encoded: Encoding
    quantization: dict[str, float | int | str] | None = None
    value_entropy: float = 0.0
    listed: Listed = field(default=NOTHING_LISTED, repr=False)
    loss: Loss | None = None
    scaled: BlockScales | None = None
    pairs: bool = False

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the weights."""
        if self.pairs:
            return np.dtype(np.complex64)
        return self.levels.dtype if self.scaled is None else self.scaled.dtype

    @property
    def stored(self) -> "CompressedTensor":
        """What is stored: the codes of weights with scales, the parts of complex weights, or the tensor itself."""
        if self.scaled is None and not self.pairs:
            return self
        return replace(self, shape=self.encoded.shape, scaled=None, pairs=False)

    def __repr__(self) -> str:
        """Say in one line what it is; the encoding alone would take pages."""
        octets = f"{-(-sum(tensor_bits(self)) // 8):,}"
        return f"<CompressedTensor {list(self.shape)} {self.dtype} in {octets} bytes, mask '{self.mask_codec}'>"


@dataclass(frozen=True, eq=False)
class UncompressedTensor:
    """A tensor that is stored as it is.

    Attributes:
        array: the tensor.
        reason: why it is not compressed.
    """

    array: np.ndarray = field(repr=False)
    reason: str

    def __repr__(self) -> str:
        """Say in one line what it is."""
        array = self.array
        return f"<UncompressedTensor {list(array.shape)} {array.dtype} in {array.nbytes:,} bytes: {self.reason}>"


@dataclass(frozen=True, eq=False)
class CompressedModel:
    """A model, as one file holds it.

    Attributes:
        tensors: by name, in the order of the original file.
        metadata: the original file's own metadata.

    Raises:
        ArgumentError: the tensors are something else than compressed and uncompressed ones by name.
    """

    tensors: dict[str, CompressedTensor | UncompressedTensor]
    metadata: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the kinds, since whoever reads the model relies on them."""
        check_kind("tensors", self.tensors, Mapping, "tensors by name; xoropt.compress makes them from arrays")
        check_kind("metadata", self.metadata, Mapping, "text by name")
        for name, tensor in self.tensors.items():
            if not isinstance(tensor, CompressedTensor | UncompressedTensor):
                raise ArgumentError(
                    f"Tensor {name!r} must be a CompressedTensor or UncompressedTensor, not {type(tensor).__name__}; "
                    "make one with xoropt.compress."
                )

    def __getitem__(self, name: str) -> CompressedTensor | UncompressedTensor:
        """Return one tensor, for `matvec` and `decompress_tensor`.

        Raises:
            KeyError: there is no such tensor; the message names the nearest one.
        """
        try:
            return self.tensors[name]
        except KeyError:
            raise KeyError(f"no tensor '{name}'{nearest_name(str(name), self.tensors)}") from None

    def items(self) -> ItemsView[str, CompressedTensor | UncompressedTensor]:
        """Return the names with their tensors."""
        return self.tensors.items()

    def __repr__(self) -> str:
        """List the first tensors, a line each."""
        lines = [f"{name}: {tensor!r}" for name, tensor in islice(self.tensors.items(), SHOWN)]
        more = [f"and {len(self) - SHOWN} more"] if len(self) > SHOWN else []
        count = f"{len(self)} tensor{'' if len(self) == 1 else 's'}"
        return "\n  ".join([f"<CompressedModel of {count}>", *lines, *more])

    def __contains__(self, name: object) -> bool:
        return name in self.tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __len__(self) -> int:
        return len(self.tensors)


def shape_and_dtype(tensor: CompressedTensor | UncompressedTensor) -> tuple[tuple[int, ...], np.dtype]:
    """Return a tensor's shape and dtype.

    Raises:
        DecodeError: its planes have another shape, or its levels do not fit the planes.
    """
    if isinstance(tensor, UncompressedTensor):
        return tensor.array.shape, tensor.array.dtype
    shape = (*tensor.shape, 2) if tensor.pairs else tensor.shape
    if tensor.encoded.shape != shape:
        raise DecodeError(f"the planes have the shape {tensor.encoded.shape}, not {shape}")
    check_levels(tensor.levels, len(tensor.encoded.seeds), shape)
    if tensor.pairs and (tensor.levels.dtype != np.float32 or not tensor.shape or tensor.scaled is not None):
        raise DecodeError("its pairs can't make complex weights")
    if tensor.scaled is not None:
        check_scales(tensor.scaled, tensor.levels.dtype, tensor.shape)
    return tensor.shape, tensor.dtype


class TensorBits(NamedTuple):
    """The bits of a compressed tensor, without headers.

    Attributes:
        seed_bits: of the seeds.
        patch_bits: of the patches.
        mask_bits: of the mask's parts that are arrays of the file.
        scale_bits: of the scales, the codebook or the coded field, of listed weights, and of scales of blocks.
        raw_bits: of planes that need no network, because every weight cares for them.
    """

    seed_bits: int
    patch_bits: int
    mask_bits: int
    scale_bits: int
    raw_bits: int


def tensor_bits(tensor: CompressedTensor) -> TensorBits:
    """Count where the bits of a tensor go, without headers."""
    size = tensor.encoded.size
    mask = sum(part.nbytes for name, part in tensor.mask_parts.items() if name != DESCRIPTION)
    levels = tensor.levels.nbytes + (0 if tensor.scaled is None else tensor.scaled.nbytes)
    if isinstance(tensor.levels, CodedField) and len(tensor.listed.at):
        rare = tensor.levels.rare_values
        levels += packed_bytes(tensor.listed.at, tensor.encoded.outputs) + symbol_bytes(rare) * len(tensor.listed.at)
    return TensorBits(size.seed_bits, size.patch_bits, 8 * mask, 8 * levels, size.raw_bits)
