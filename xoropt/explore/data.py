"""The data of an exploration: layers of bits and care bits, whole or as samples that keep their unevenness."""

import glob
import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from xoropt.codec import decode
from xoropt.common.errors import ArgumentError
from xoropt.common.file_kinds import is_npz
from xoropt.common.tensor_files import pieces_in, read_arrays
from xoropt.masks import encode_mask
from xoropt.model.compiled_weights import mask_of
from xoropt.model.config import CompressConfig
from xoropt.model.file.container import load
from xoropt.model.names import nearest_name
from xoropt.model.preparation import prepare
from xoropt.model.storage_choice import choose_storage
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor, tensor_bits
from xoropt.quantize.levels import CodedField
from xoropt.quantize.pruning import check_sparsity

__all__ = ["Layer", "Workload", "of_arrays", "of_file", "of_model", "plain_path", "random_workload"]

Held = TypeVar("Held")

STRETCH = 4096
"""The length of a stretch, in weights, of a layer without rows."""
LEAST = 5000
"""The fewest care bits that a sample takes from a layer that has them; of many small layers it takes only some."""
MASKED = 1 << 18
"""Weights of random data whose mask is encoded; the others are taken to need as many bits each."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The planes of one tensor.

    Attributes:
        name: the tensor's name.
        bits: the bits, bool (planes, ...).
        care: the care bits, bool (...), shared by the planes.
    """

    name: str
    bits: np.ndarray = field(repr=False)
    care: np.ndarray = field(repr=False)

    @property
    def care_bits(self) -> int:
        """The number of care bits over all planes."""
        return len(self.bits) * int(np.count_nonzero(self.care))


@dataclass(frozen=True, eq=False)
class Workload:
    """The layers to be stored through one network.

    Attributes:
        name: "data", or "S=0.9" for random data.
        layers: the layers, with at least one care bit in all.
        other_bits: the bits of masks and scales, the same with every network.
    """

    name: str
    layers: tuple[Layer, ...]
    other_bits: int

    @property
    def weights(self) -> int:
        """The number of weights of all layers."""
        return sum(layer.care.size for layer in self.layers)

    @property
    def care_bits(self) -> int:
        """The number of care bits over all planes and layers."""
        return sum(layer.care_bits for layer in self.layers)

    @property
    def density(self) -> float:
        """Care bits per weight and plane, over all layers."""
        planes = sum(layer.bits.size for layer in self.layers)
        return self.care_bits / planes

    @property
    def least_density(self) -> float:
        """The density of the sparsest layer that has any care bit."""
        return min(float(layer.care.mean()) for layer in self.layers if layer.care_bits)

    def sample(self, care_bits: int) -> "Workload":
        """Return a sample of about so many care bits: whole rows of the layers, evenly spread; or all the data."""
        share = care_bits / self.care_bits
        if share >= 1:
            return self
        layers = [layer for layer in self.layers if layer.care_bits]
        taken = min(len(layers), max(1, care_bits // LEAST))
        ends = np.cumsum([layer.care_bits for layer in layers])
        middles = (np.arange(taken) + 0.5) * self.care_bits / taken
        chosen = [layers[i] for i in np.unique(np.searchsorted(ends, middles))]
        share = care_bits / sum(layer.care_bits for layer in chosen)
        other = round(self.other_bits * share)
        return replace(self, layers=tuple(_rows(layer, share) for layer in chosen), other_bits=other)

    def fingerprint(self) -> str:
        """Return a digest of the data, equal for equal care bits and values in equal layers."""
        digest = hashlib.sha256()
        for layer in self.layers:
            digest.update(f"{layer.name} {layer.bits.shape}".encode())
            digest.update(np.packbits(layer.care).tobytes())
            for plane in layer.bits:
                digest.update(np.packbits(plane & layer.care).tobytes())
        return digest.hexdigest()[:16]


def _rows(layer: Layer, share: float) -> Layer:
    """Return evenly spread rows of a layer; of a vector, stretches."""
    planes, size = len(layer.bits), layer.care.size
    width = math.prod(layer.care.shape[1:]) if layer.care.ndim > 1 else min(size, STRETCH)
    count = size // width
    wanted = min(count, max(1, math.ceil(share * count)))
    if wanted == count:
        return layer
    rows = np.arange(wanted) * count // wanted
    care = layer.care.reshape(-1)[: count * width].reshape(count, width)[rows]
    bits = layer.bits.reshape(planes, -1)[:, : count * width].reshape(planes, count, width)[:, rows]
    return Layer(layer.name, bits, care)


def random_workload(sparsity: float, weights: int = 1_000_000, planes: int = 1, seed: int = 0) -> Workload:
    """Return a layer of independent random care bits and values.

    Args:
        sparsity: the share of don't-care bits, in [0, 1).
        weights: the number of weights.
        planes: bits per weight.
        seed: the seed of the random numbers.

    Raises:
        ArgumentError: the sparsity is out of range, or there is no care bit at all.
    """
    rng = np.random.default_rng(seed)
    care = rng.random(weights, dtype=np.float32) >= check_sparsity(sparsity)
    bits = rng.integers(0, 2, (planes, weights), dtype=np.uint8).astype(bool)
    part = care[:MASKED]
    _, parts = encode_mask(part, "entropy")
    mask_bits = 8 * sum(held.nbytes for held in parts.values()) * weights // len(part)
    return _checked(Workload(f"S={sparsity:g}", (Layer("random", bits, care),), mask_bits))


def of_file(path: str | os.PathLike[str], config: CompressConfig | None = None, tensor: str | None = None) -> Workload:
    """The layers of a .safetensors or .npz file of weights, or those of a compressed file.

    Args:
        path: the file.
        config: how dense weights are pruned and quantized, as for `compress`.
        tensor: the name of the one tensor to take; None: all.

    Raises:
        FormatError, XoroptError: as for `xoropt.common.tensor_files.read_arrays`.
        ArgumentError: as `of_arrays`.
    """
    arrays, metadata = read_arrays(path)
    if "xoropt" in metadata:
        return of_model(load(path), str(path), tensor)
    return of_arrays(arrays, config, str(path), tensor)


def plain_path(data: object) -> str:
    """Return the path of a file that is not compressed; "" for one that is, and for data that are no file."""
    if not isinstance(data, str | os.PathLike):
        return ""
    path = Path(data)
    return "" if not is_npz(path) and "xoropt" in pieces_in(path)[1] else str(path)


def of_arrays(
    tensors: Mapping[str, np.ndarray],
    config: CompressConfig | None = None,
    where: str = "the data",
    tensor: str | None = None,
) -> Workload:
    """The layers that `xoropt.compress` would store, pruned and quantized as it does.

    Args:
        tensors: arrays by name.
        config: how dense weights are pruned and quantized.
        where: what messages call the data.
        tensor: the name of the one tensor to take, whatever its kind and size; None: all.

    Raises:
        ArgumentError: no tensor that could be compressed, or none of the name.
    """
    config = replace(config or CompressConfig(), only_quantized=True)  # one mask for all planes of a layer
    if tensor is not None:
        tensors = {tensor: _one_of(tensors, tensor, where)}
        config = replace(config, include=(glob.escape(tensor),))
    layers, other_bits = [], 0
    for name, prepared in prepare(tensors, config):
        if isinstance(prepared, UncompressedTensor):
            continue
        storage, quantized = choose_storage(prepared, config, len(tensors)), prepared.quantized
        if storage.smaller and len(quantized.planes):
            layers.append(Layer(name, quantized.planes, quantized.mask))
            other_bits += 8 * (min(plan.least_bytes for plan in storage.masks.values()) + quantized.levels.nbytes)
    return _workload(layers, other_bits, where)


def of_model(model: CompressedModel, where: str = "the data", tensor: str | None = None) -> Workload:
    """The layers of a compressed model, or the one of a name.

    Raises:
        ArgumentError: nothing that is stored through a network, or no tensor of the name.
    """
    layers, other_bits = [], 0
    stored = model.tensors if tensor is None else {tensor: _one_of(model.tensors, tensor, where)}
    for name, held in stored.items():
        if not isinstance(held, CompressedTensor) or not len(held.encoded.seeds):
            continue
        mask = mask_of(held)
        if isinstance(held.levels, CodedField) and mask.all():
            continue  # without don't-care bits there is nothing to explore
        planes = decode(held.encoded, mask=mask).reshape(len(held.encoded.seeds), *mask.shape)
        if isinstance(held.levels, CodedField):  # other planes have masks of their own
            planes = planes[int(held.levels.signed_fill) : held.levels.shared_planes]
        layers.append(Layer(name, planes, mask))
        parts = tensor_bits(held)
        other_bits += parts.mask_bits + parts.scale_bits
    return _workload(layers, other_bits, where)


def _one_of(tensors: Mapping[str, Held], name: str, where: str) -> Held:
    if name not in tensors:
        raise ArgumentError(f"{where}: there is no tensor '{name}'{nearest_name(name, tensors)}.")
    return tensors[name]


def _workload(layers: list[Layer], other_bits: int, where: str) -> Workload:
    if not layers:
        raise ArgumentError(
            f"{where}: holds no tensor to store through a network; dense weights need a sparsity and bits, "
            "e.g. --sparsity 0.9 --bits 1."
        )
    return _checked(Workload("data", tuple(layers), other_bits))


def _checked(workload: Workload) -> Workload:
    if not workload.care_bits:
        raise ArgumentError("The data have no care bit, so there is nothing to store.")
    return workload
